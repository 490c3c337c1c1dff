"""Computes the polynomials of crates/enigma-cpu/src/math with Remez' algorithm, and prints them with their errors.

Run it: `python scripts/minimax.py`, with mpmath installed. Each polynomial is the one of its degree whose greatest
relative error on the interval is least, before its coefficients are rounded to f64.
"""

from collections.abc import Callable

import mpmath as mp

mp.mp.prec = 200
Function = Callable[[mp.mpf], mp.mpf]


def greatest_errors(error: Function, low: mp.mpf, high: mp.mpf, count: int) -> list[mp.mpf]:
    """The places of the `count` extremes of an error that changes its sign between them."""
    steps = 60 * count
    grid = [low + (high - low) * i / steps for i in range(steps + 1)]
    places: list[mp.mpf] = []
    for x in grid:
        if places and (error(x) > 0) == (error(places[-1]) > 0):
            if abs(error(x)) > abs(error(places[-1])):
                places[-1] = x
        else:
            places.append(x)
    return places[:count]


def minimax(f: Function, low: mp.mpf, high: mp.mpf, degree: int) -> tuple[list[mp.mpf], mp.mpf]:
    """The coefficients, the constant one first, and the greatest relative error."""
    count = degree + 2
    # The extremes of a Chebyshev polynomial to begin with.
    places = [(low + high) / 2 - (high - low) / 2 * mp.cos(mp.pi * i / (count - 1)) for i in range(count)]
    for _ in range(12):
        rows = [[*(x**n for n in range(degree + 1)), (-1) ** i * f(x)] for i, x in enumerate(places)]
        solution = mp.lu_solve(mp.matrix(rows), mp.matrix([f(x) for x in places]))
        coefficients = [solution[n] for n in range(degree + 1)]

        def error(x: mp.mpf, coefficients: list[mp.mpf] = coefficients) -> mp.mpf:
            return mp.polyval(coefficients[::-1], x) / f(x) - 1

        places = greatest_errors(error, low, high, count)
        if len(places) < count:
            break
    return coefficients, abs(solution[degree + 1])


def limit_at(f: Function, place: float, value: Function) -> Function:
    """`f`, where it is 0 / 0 its limit."""
    return lambda x: value(x) if abs(x - place) < mp.mpf(10) ** -20 else f(x)


def main() -> None:
    """Prints all of them."""
    # A square of 0 stands for its limit.
    least = mp.mpf(10) ** -20
    quarter = (mp.pi / 4) ** 2
    eighth = mp.tan(mp.pi / 8) ** 2
    half, root = mp.mpf(0.5), mp.sqrt(mp.mpf(2))
    power = limit_at(lambda x: (2**x - 1) / x, 0, lambda x: mp.log(2))
    logarithm = limit_at(lambda x: mp.log(1 + x, 2) / x, 0, lambda x: 1 / mp.log(2))
    wanted: list[tuple[str, Function, mp.mpf, mp.mpf, int]] = [
        ("(2^x - 1) / x", power, -half, half, 6),
        ("log2(1 + x) / x", logarithm, 1 / root - 1, root - 1, 12),
        ("(sin(r) - r) / r^3, x = r^2", lambda x: (mp.sinc(mp.sqrt(x)) - 1) / x, least, quarter, 3),
        ("(cos(r) - 1) / r^2, x = r^2", lambda x: (mp.cos(mp.sqrt(x)) - 1) / x, least, quarter, 4),
        (
            "(atan(r) - r) / r^3, x = r^2",
            lambda x: (mp.atan(mp.sqrt(x)) / mp.sqrt(x) - 1) / x,
            least,
            eighth,
            6,
        ),
    ]
    for name, f, low, high, degree in wanted:
        coefficients, error = minimax(f, low, high, degree)
        print(f"{name}, error 2^{mp.nstr(mp.log(error, 2), 4)}")
        for c in coefficients:
            print(f"    {float(c)!r},")


if __name__ == "__main__":
    main()
