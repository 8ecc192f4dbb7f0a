//! Any text either parses or is refused, and what was parsed prints as a text that parses to the same.

#![no_main]

use libfuzzer_sys::fuzz_target;
use oac_userland::parser::Parser;
use oac_userland::syntax::list_text;

fuzz_target!(|script: &str| {
    let mut parser = Parser::new(script);
    while let Ok(Some(list)) = parser.next_command() {
        let printed = list_text(&list);
        // Printing adds braces and quotes, so a text at the limit of nesting may come out beyond it.
        if let Ok(Some(again)) = Parser::new(&printed).next_command() {
            // Quotes may be put differently the second time.
            let bare = |text: &str| text.replace(['\'', '\\'], "");
            assert_eq!(bare(&list_text(&again)), bare(&printed));
        } else {
            assert!(script.len() > 100, "{script:?} printed as {printed:?}, which does not parse");
        }
    }
});
