"""Reads the AIR text of a kernel, and makes of it LLVM IR for the CPU.

What a kernel takes is read from the nodes of ``!air.kernel``, as the GPU's loader reads it. For the CPU

- each declared function becomes a definition that stores its arguments and calls the shim's function of that name with
  their addresses,
- calls of functions in which lanes meet are marked with their line,
- function constants become variables that are set when the kernel is launched,
- and an entry is added that takes the arguments and the positions from the runtime.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

_NAME = r'(?:[-\w.$]+|"[^"]*")'
_TYPE = rf"(?:void|half|bfloat|float|double|i\d+|<\d+ x [^<>]+>|\[[^\[\]]+\]|%{_NAME})(?:(?: addrspace\(\d+\))?\*)*"
_HEAD = re.compile(rf"^(declare|define) (?:.* )?({_TYPE}) @({_NAME})\((.*)\)[^()]*$", re.MULTILINE)
_NODE = re.compile(r"^!(\d+) = !\{(.*)\}$", re.MULTILINE)
_NAMED = re.compile(r"^!([\w.]+) = !\{(.*)\}$", re.MULTILINE)
_EVENT = "%struct._simdgroup_event_t"

# Functions in which lanes meet.
_MEETS = re.compile(
    r"^.* @air\.(wg\.barrier|simdgroup\.barrier|simdgroup_\w+|simd_\w+|quad_\w+|wait_simdgroup_events)[\w.]*\("
)


class AirError(Exception):
    """Why a text is no AIR that the GPU would take, or that the shim can run."""


@dataclass(frozen=True)
class Function:
    """A function's name and type."""

    name: str
    result: str
    parameters: Sequence[str]

    @property
    def type(self) -> str:
        """Its type; what an event is called in the module does not matter."""
        written = f"{self.result} ({', '.join(self.parameters)})"
        return re.sub(rf"%{_NAME}(?=\*)", _EVENT, written)


@dataclass(frozen=True)
class Parameter:
    """What the node of a parameter says: the index of a buffer, or else a position."""

    type: str
    buffer: int | None
    position: str


class AirText:
    """The text of a module with one kernel."""

    def __init__(self, text: str) -> None:
        self.text = text

    @cached_property
    def _nodes(self) -> dict[str, list[str]]:
        return {number: _fields(members) for number, members in _NODE.findall(self.text)}

    @cached_property
    def _functions(self) -> dict[str, Function]:
        return {
            name: Function(name, result, [_leading_type(field) for field in _fields(parameters)])
            for _, result, name, parameters in _HEAD.findall(self.text)
        }

    def named(self, name: str) -> list[list[str]]:
        """The nodes that named metadata lists."""
        found = (members for found, members in _NAMED.findall(self.text) if found == name)
        return [self._node(member) for members in found for member in _fields(members)]

    def _node(self, reference: str) -> list[str]:
        return self._nodes[reference.removeprefix("!")]

    @cached_property
    def kernel(self) -> Function:
        """The kernel, as ``!air.kernel`` names it."""
        kernels = self.named("air.kernel")
        if len(kernels) != 1:
            raise AirError(f"!air.kernel lists {len(kernels)} kernels, not one")
        return self._functions[_global_name(kernels[0][0])]

    @cached_property
    def declared(self) -> list[Function]:
        """The functions that are defined elsewhere."""
        return [self._functions[match[3]] for match in _HEAD.finditer(self.text) if match[1] == "declare"]

    @cached_property
    def version(self) -> tuple[int, int] | None:
        """The version of AIR, if the text says it."""
        for major, minor, _ in self.named("air.version"):
            return int(major.removeprefix("i32 ")), int(minor.removeprefix("i32 "))
        return None

    @cached_property
    def parameters(self) -> list[Parameter]:
        """What the nodes say of the kernel's parameters."""
        [kernel] = self.named("air.kernel")
        nodes = [self._node(reference) for reference in self._node(kernel[2])]
        if [node[0] for node in nodes] != [f"i32 {n}" for n in range(len(self.kernel.parameters))]:
            raise AirError("the nodes of !air.kernel do not describe each parameter in turn")
        return [_parameter(ty, node) for ty, node in zip(self.kernel.parameters, nodes, strict=True)]

    def for_the_cpu(self, number: int, thread_layout: dict[str, int]) -> str:
        """The module as LLVM IR for the CPU, with an entry ``shim_run_<number>``."""
        constants = [(_global_name(node[0]), node[3]) for node in self.named("air.function_constants")]
        text = "\n".join(self._lines())
        start, entry = self._start(constants), self._entry(number, thread_layout)
        stubs = "\n".join(_stub(function) for function in self.declared)
        return "\n".join([text, stubs, _RUNTIME, start, entry])

    def _lines(self) -> Iterator[str]:
        kernel = f"@{self.kernel.name}("
        for number, line in enumerate(self.text.splitlines(), 1):
            if re.match(r"target |declare |!air\.|!llvm\.|@llvm\.global_ctors ", line):
                continue
            if line.startswith("define ") and kernel in line:
                line = line.replace("define ", "define internal ", 1)
            line = re.sub(r"externally_initialized constant (\S+) undef", r"global \1 zeroinitializer", line)
            line = re.sub(r',? section "air\.\w+"', "", line)
            if _MEETS.match(line):
                line = f"  call void @shim_calls(i32 {number})\n{line}\n  call void @shim_calls(i32 0)"
            yield line

    def _start(self, constants: Sequence[tuple[str, str]]) -> str:
        """What is done when the object is loaded: functions are looked up, and function constants registered."""
        body, names = [], []
        for n, function in enumerate(self.declared):
            key = f"{function.name} {function.type}"
            size = len(key) + 1
            names.append(f'@shim.name.{n} = internal constant [{size} x i8] c"{key}\\00"')
            name = f"i8* getelementptr ([{size} x i8], [{size} x i8]* @shim.name.{n}, i32 0, i32 0)"
            body.append(f"  %found.{n} = call {_CALLED} @shim_air_function({name})")
            body.append(f"  store {_CALLED} %found.{n}, {_CALLED}* @shim.function.{function.name}")
        for name, index in constants:
            pattern = rf"^@{re.escape(name)} = .*?(addrspace\(\d+\)).* constant (\w+) "
            declared = re.search(pattern, self.text, re.MULTILINE)
            if declared is None:
                raise AirError(f"!air.function_constants names @{name}, which is no constant to be set")
            space, ty = declared.groups()
            address = f"i8* addrspacecast ({ty} {space}* @{name} to i8*)"
            body.append(f"  call void @shim_register_constant({index}, {address}, i32 {_bytes(ty)})")
        body = ["define internal void @shim.start() {", *body, "  ret void", "}"]
        return "\n".join([*names, *body, _CONSTRUCTORS])

    def _entry(self, number: int, thread_layout: dict[str, int]) -> str:
        """What each thread runs, and how the host runs that."""
        body = [f"  call void @{name}()" for name in self._initialisers()]
        arguments = []
        for n, parameter in enumerate(self.parameters):
            if parameter.buffer is not None:
                body.append(f"  %at.{n} = getelementptr i8*, i8** %arguments, i32 {parameter.buffer}")
                body.append(f"  %to.{n} = bitcast i8** %at.{n} to {parameter.type}*")
            else:
                if parameter.position not in thread_layout:
                    raise AirError(f"the shim knows no position `air.{parameter.position}`")
                offset = thread_layout[parameter.position]
                body.append(f"  %at.{n} = getelementptr i8, i8* %thread, i32 {offset}")
                body.append(f"  %to.{n} = bitcast i8* %at.{n} to {parameter.type}*")
            align = 8 if parameter.buffer is not None else 4
            body.append(f"  %a.{n} = load {parameter.type}, {parameter.type}* %to.{n}, align {align}")
            arguments.append(f"{parameter.type} %a.{n}")
        body.append(f"  call void @{self.kernel.name}({', '.join(arguments)})")
        return _ENTRY.format(body="\n".join(body), number=number)

    def _initialisers(self) -> list[str]:
        """The functions that set up the module's variables, which Metal runs once the constants are known."""
        listed = re.search(r"^@llvm\.global_ctors = .*$", self.text, re.MULTILINE)
        return re.findall(rf"void \(\)\* @({_NAME})", listed[0]) if listed else []


_CALLED = "void (i8*, i8**)*"

_RUNTIME = f"""
declare void @shim_calls(i32)
declare {_CALLED} @shim_air_function(i8*)
declare void @shim_register_constant(i32, i8*, i32)
declare i8* @shim_thread()
declare i8** @shim_arguments()
declare i8* @shim_launch(void ()*, i8*)
"""

_CONSTRUCTORS = """
@llvm.global_ctors = appending global [1 x { i32, void ()*, i8* }]
    [{ i32, void ()*, i8* } { i32 65535, void ()* @shim.start, i8* null }]
"""

_ENTRY = """
define internal void @shim.entry() {{
  %thread = call i8* @shim_thread()
  %arguments = call i8** @shim_arguments()
{body}
  ret void
}}

define i8* @shim_run_{number}(i8* %launch) {{
  %message = call i8* @shim_launch(void ()* @shim.entry, i8* %launch)
  ret i8* %message
}}
"""


def _stub(function: Function) -> str:
    """The definition of a declared function: calls the shim's with the addresses of its result and its arguments."""
    count = len(function.parameters)
    body = [f"  %list = alloca [{count} x i8*]"]
    for n, ty in enumerate(function.parameters):
        body += [
            f"  %p.{n} = alloca {ty}",
            f"  store {ty} %a.{n}, {ty}* %p.{n}",
            f"  %b.{n} = bitcast {ty}* %p.{n} to i8*",
            f"  %l.{n} = getelementptr [{count} x i8*], [{count} x i8*]* %list, i32 0, i32 {n}",
            f"  store i8* %b.{n}, i8** %l.{n}",
        ]
    body.append(f"  %first = bitcast [{count} x i8*]* %list to i8**")
    body.append(f"  %called = load {_CALLED}, {_CALLED}* @shim.function.{function.name}")
    if function.result == "void":
        body += ["  call void %called(i8* null, i8** %first)", "  ret void"]
    else:
        body += [
            f"  %r = alloca {function.result}",
            f"  %b = bitcast {function.result}* %r to i8*",
            "  call void %called(i8* %b, i8** %first)",
            f"  %made = load {function.result}, {function.result}* %r",
            f"  ret {function.result} %made",
        ]
    parameters = ", ".join(f"{ty} %a.{n}" for n, ty in enumerate(function.parameters))
    return "\n".join(
        [
            f"@shim.function.{function.name} = internal global {_CALLED} null",
            f"define internal {function.result} @{function.name}({parameters}) alwaysinline {{",
            *body,
            "}",
        ]
    )


def _parameter(ty: str, node: Sequence[str]) -> Parameter:
    kind = node[1].strip('!"')
    if kind != "air.buffer":
        return Parameter(ty, None, kind.removeprefix("air."))
    index = node[node.index('!"air.location_index"') + 1]
    return Parameter(ty, int(index.removeprefix("i32 ")), "")


def _fields(text: str) -> list[str]:
    """What stands between commas, where these are in no brackets and no quotation marks."""
    fields, depth, quoted = [""], 0, False
    for char in text:
        quoted ^= char == '"'
        depth += 0 if quoted else (char in "([{<") - (char in ")]}>")
        if char == "," and depth == 0 and not quoted:
            fields.append("")
        else:
            fields[-1] += char
    return [field.strip() for field in fields if field.strip()]


def _leading_type(text: str) -> str:
    found = re.match(_TYPE, text)
    if found is None:
        raise AirError(f"`{text}` begins with no type")
    return found[0]


def _global_name(text: str) -> str:
    return text.rpartition("@")[2]


def _bytes(ty: str) -> int:
    return {"half": 2, "float": 4}.get(ty) or int(ty.removeprefix("i")) // 8
