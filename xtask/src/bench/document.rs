//! docs/benchmarks.md: sections by their titles, of which a run renews those that it has measured.

/// A document of titled sections.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Document {
    sections: Vec<(String, String)>,
}

impl Document {
    /// The sections of a document; what stands before the first is not kept.
    pub(super) fn parse(text: &str) -> Self {
        let sections = text.split("\n## ").skip(1).filter_map(|section| {
            let (title, body) = section.split_once('\n')?;
            Some((title.to_owned(), body.trim().to_owned()))
        });
        Self { sections: sections.collect() }
    }

    /// Takes over the sections of another document, in the place of those of the same titles.
    pub(super) fn renew(&mut self, other: Self) {
        for (title, body) in other.sections {
            match self.sections.iter_mut().find(|(known, _)| *known == title) {
                Some((_, old)) => *old = body,
                None => self.sections.push((title, body)),
            }
        }
    }

    /// All sections, as Markdown.
    pub(super) fn text(&self) -> String {
        self.sections.iter().map(|(title, body)| format!("\n## {title}\n\n{body}\n")).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sections_are_renewed_in_place() {
        let mut document = Document::parse("# Title\n\nwords\n\n## One\n\n1\n\n## Two\n\n2\n");
        document.renew(Document::parse("\n## Two\n\nnew\n\n## Three\n\n3\n"));
        assert_eq!(document.text(), "\n## One\n\n1\n\n## Two\n\nnew\n\n## Three\n\n3\n");
        assert_eq!(Document::parse(&document.text()), document);
    }
}
