//! The colours of everything that is drawn, in light and in dark surroundings.

/// A colour: its name in the stylesheets (`var(--name)`), what it is where the page is light, and where it is dark.
type Colour = (&'static str, &'static str, &'static str);

const COLOURS: &[Colour] = &[
    ("paper", "#ffffff", "#16191f"),
    ("band", "#f7f8fa", "#1b1f26"),
    ("rule", "#e3e6ea", "#2b313a"),
    ("ink", "#1f2328", "#e3e7ec"),
    ("muted", "#656d76", "#8f98a3"),
    ("work", "#c3c9d1", "#474f5b"),
    ("error", "#cf222e", "#ff6b67"),
    ("warning", "#9a6700", "#dbab37"),
    ("advice", "#1a6fb5", "#62b0f0"),
    ("good", "#1a7f4b", "#4cc38a"),
    ("tile-0", "#3b76b8", "#69a7e0"),
    ("tile-1", "#23908a", "#55bfb6"),
    ("tile-2", "#b9810f", "#dcae4e"),
    ("tile-3", "#8061ac", "#ad92d8"),
    ("tile-4", "#5b9138", "#8fc268"),
    ("tile-5", "#b35a8f", "#de92bd"),
    ("tile-6", "#96684a", "#c79a78"),
    ("tile-7", "#52718f", "#8dadcb"),
];

/// How many buffers have a colour of their own. After so many the colours start again.
pub(crate) const TILES: usize = 8;

/// A stylesheet that follows the surroundings: what the reader's system prefers, or the notebook's own theme.
pub(crate) fn adaptive(rules: &str) -> String {
    let (light, dark) = (variables(|&(_, light, _)| light), variables(|&(.., dark)| dark));
    format!(
        ".enigma{{{light}}}@media(prefers-color-scheme:dark){{.enigma{{{dark}}}}}\
         :is([data-jp-theme-light=true],.vscode-light) .enigma{{{light}}}\
         :is([data-jp-theme-light=false],.vscode-dark) .enigma{{{dark}}}\n{rules}"
    )
}

/// The same with the colours written out, for programs that draw SVG and know no variables: these see the light ones.
pub(crate) fn fixed(rules: &str) -> String {
    let written = |value: fn(&Colour) -> &str| {
        COLOURS.iter().fold(rules.to_owned(), |css, colour| css.replace(&format!("var(--{})", colour.0), value(colour)))
    };
    format!("{}@media(prefers-color-scheme:dark){{{}}}", written(|&(_, light, _)| light), written(|&(.., dark)| dark))
}

fn variables(value: fn(&Colour) -> &str) -> String {
    COLOURS.iter().map(|colour| format!("--{}:{};", colour.0, value(colour))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_buffer_colour_is_in_the_table() {
        let tiles: Vec<&str> = COLOURS.iter().map(|colour| colour.0).filter(|name| name.starts_with("tile-")).collect();
        assert_eq!(tiles, (0..TILES).map(|n| format!("tile-{n}")).collect::<Vec<_>>());
    }

    #[test]
    fn written_out_no_variable_is_left() {
        let rules: String = COLOURS.iter().map(|colour| format!(".x{{fill:var(--{})}}", colour.0)).collect();
        assert!(!fixed(&rules).contains("var("));
    }
}
