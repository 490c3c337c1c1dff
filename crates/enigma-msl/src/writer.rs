//! Indented lines.

/// Text under construction.
#[derive(Default)]
pub(crate) struct Writer {
    text: String,
    depth: usize,
}

impl Writer {
    /// Appends a line at the present depth; an empty one stays empty.
    pub fn line(&mut self, line: &str) {
        if !line.is_empty() {
            self.text.extend(std::iter::repeat_n("    ", self.depth));
            self.text.push_str(line);
        }
        self.text.push('\n');
    }

    /// Appends a line after which the text is one level deeper.
    pub fn open(&mut self, line: &str) {
        self.line(line);
        self.depth += 1;
    }

    /// Goes one level up and appends a line.
    pub fn close(&mut self, line: &str) {
        self.depth -= 1;
        self.line(line);
    }

    /// What follows is one level deeper.
    pub fn indent(&mut self) {
        self.depth += 1;
    }

    /// What follows is one level up.
    pub fn outdent(&mut self) {
        self.depth -= 1;
    }

    /// Where the text ends now.
    pub fn len(&self) -> usize {
        self.text.len()
    }

    /// The indentation of a line that continues the present one.
    pub fn continuation(&self) -> String {
        "    ".repeat(self.depth + 1)
    }

    /// Takes back what was written from `start` on.
    pub fn take_from(&mut self, start: usize) -> String {
        self.text.split_off(start)
    }

    /// Appends text that has its indentation already.
    pub fn push(&mut self, text: &str) {
        self.text.push_str(text);
    }

    /// The whole text.
    pub fn finish(self) -> String {
        self.text
    }
}
