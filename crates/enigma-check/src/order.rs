//! Completion orders: when the copies in flight move their elements.

use std::fmt;

use enigma_ir::{Diagnostic, Rule};

/// When copies in flight move their elements. All that the contract allows; a right kernel cannot tell them apart.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub enum Order {
    /// Each when it is issued.
    Eager,
    /// Each at its wait.
    #[default]
    Late,
    /// At a wait those that were issued last come first.
    Reverse,
    /// At moments, and in an order, that a generator with this seed draws.
    Random(u64),
    /// Every order that can be told apart, one run after another.
    All,
    /// One of those orders: which way each choice goes, in the order of the choices. Choices beyond the list go the way of `Late`.
    Choices(Vec<u32>),
}

impl Order {
    /// The forms that [`parse`](Self::parse) takes.
    pub const FORMS: &str = r#""eager", "late", "reverse", "random:SEED", "all", "choices:0.1.0""#;

    /// Reads the form that [`Display`](fmt::Display) writes.
    ///
    /// # Errors
    ///
    /// `invalid-operand`, which lists the forms.
    pub fn parse(text: &str) -> Result<Order, Box<Diagnostic>> {
        let order = match text.split_once(':') {
            None => match text {
                "eager" => Some(Order::Eager),
                "late" => Some(Order::Late),
                "reverse" => Some(Order::Reverse),
                "all" => Some(Order::All),
                _ => None,
            },
            Some(("random", seed)) => seed.parse().ok().map(Order::Random),
            Some(("choices", "")) => Some(Order::Choices(Vec::new())),
            Some(("choices", ways)) => {
                ways.split('.').map(|way| way.parse().ok()).collect::<Option<_>>().map(Order::Choices)
            }
            Some(_) => None,
        };
        order.ok_or_else(|| {
            let refusal =
                Diagnostic::placeless(Rule::InvalidOperand, format!("no completion order is called {text:?}"))
                    .with_help(format!("the orders are {}", Order::FORMS));
            Box::new(refusal)
        })
    }
}

impl fmt::Display for Order {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Order::Eager => f.write_str("eager"),
            Order::Late => f.write_str("late"),
            Order::Reverse => f.write_str("reverse"),
            Order::Random(seed) => write!(f, "random:{seed}"),
            Order::All => f.write_str("all"),
            Order::Choices(ways) => {
                let ways: Vec<String> = ways.iter().map(u32::to_string).collect();
                write!(f, "choices:{}", ways.join("."))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn orders_are_read_as_they_are_written() {
        for text in
            ["eager", "late", "reverse", "random:0", "random:18446744073709551615", "all", "choices:", "choices:0.12.3"]
        {
            assert_eq!(Order::parse(text).unwrap().to_string(), text);
        }
    }

    #[test]
    fn another_word_is_refused_with_the_forms() {
        for text in ["", "lazy", "random", "random:", "random:-1", "choices:x", "late:1"] {
            assert!(Order::parse(text).unwrap_err().help[0].contains("random:SEED"), "{text}");
        }
    }
}
