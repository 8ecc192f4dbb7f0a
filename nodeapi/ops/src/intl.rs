//! What `Intl` computes: order of strings, plural categories, text boundaries, offsets of time zones. The words and patterns of
//! languages are the glue's (`nodeapi/js/src/intl`).

use std::cmp::Ordering;
use std::str::FromStr as _;

use fixed_decimal::UnsignedDecimal;
use icu_collator::options::{AlternateHandling, CaseLevel, CollatorOptions, Strength};
use icu_collator::preferences::{CollationCaseFirst, CollationNumericOrdering};
use icu_collator::provider as collation;
use icu_collator::{Collator, CollatorPreferences};
use icu_locale_core::Locale;
use icu_normalizer::provider as normalizer;
use icu_plurals::{PluralCategory, PluralOperands, PluralRuleType, PluralRules, PluralRulesOptions};
use icu_provider::prelude::*;
use icu_segmenter::options::{SentenceBreakInvariantOptions, WordBreakInvariantOptions};
use icu_segmenter::{GraphemeClusterSegmenter, SentenceSegmenter, WordSegmenter};

/// The data of the root order. Orders of their own, which some languages have, would add 800 kB to a program; the glue names
/// only languages that use the root order.
struct RootOrder;

/// Hands a marker on to the crate's own data.
macro_rules! from_crate {
    ($($marker:ty => $baked:path),* $(,)?) => {$(
        impl DataProvider<$marker> for RootOrder {
            fn load(&self, request: DataRequest<'_>) -> Result<DataResponse<$marker>, DataError> {
                DataProvider::<$marker>::load(&$baked, request)
            }
        }
    )*};
}

from_crate! {
    collation::CollationSpecialPrimariesV1 => collation::Baked,
    collation::CollationRootV1 => collation::Baked,
    collation::CollationDiacriticsV1 => collation::Baked,
    collation::CollationJamoV1 => collation::Baked,
    collation::CollationMetadataV1 => collation::Baked,
    normalizer::NormalizerNfdDataV1 => normalizer::Baked,
    normalizer::NormalizerNfdTablesV1 => normalizer::Baked,
}

impl DataProvider<collation::CollationTailoringV1> for RootOrder {
    fn load(
        &self,
        request: DataRequest<'_>,
    ) -> Result<DataResponse<collation::CollationTailoringV1>, DataError> {
        Err(DataErrorKind::IdentifierNotFound.with_req(collation::CollationTailoringV1::INFO, request))
    }
}

impl DataProvider<collation::CollationReorderingV1> for RootOrder {
    fn load(
        &self,
        request: DataRequest<'_>,
    ) -> Result<DataResponse<collation::CollationReorderingV1>, DataError> {
        Err(DataErrorKind::IdentifierNotFound.with_req(collation::CollationReorderingV1::INFO, request))
    }
}

/// How `Intl.Collator` is to compare. ECMA-402, section 10.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct OrderOptions {
    /// `sensitivity`: 0 base, 1 accent, 2 case, 3 variant.
    pub sensitivity: u8,
    /// `numeric`: digits count as numbers.
    pub numeric: bool,
    /// `ignorePunctuation`.
    pub ignore_punctuation: bool,
    /// `caseFirst`: 0 as the language has it, 1 upper, 2 lower.
    pub case_first: u8,
}

/// An order of strings.
pub struct Order(Collator);

impl Order {
    /// The root order with these options.
    ///
    /// # Panics
    /// Never: the data is part of the program.
    pub fn new(options: OrderOptions) -> Self {
        let mut preferences = CollatorPreferences::default();
        preferences.numeric_ordering = options.numeric.then_some(CollationNumericOrdering::True);
        preferences.case_first = match options.case_first {
            1 => Some(CollationCaseFirst::Upper),
            2 => Some(CollationCaseFirst::Lower),
            _ => None,
        };
        let mut settings = CollatorOptions::default();
        let (strength, case_level) = match options.sensitivity {
            0 => (Strength::Primary, CaseLevel::Off),
            1 => (Strength::Secondary, CaseLevel::Off),
            2 => (Strength::Primary, CaseLevel::On),
            _ => (Strength::Tertiary, CaseLevel::Off),
        };
        settings.strength = Some(strength);
        settings.case_level = Some(case_level);
        settings.alternate_handling = options.ignore_punctuation.then_some(AlternateHandling::Shifted);
        let collator = Collator::try_new_unstable(&RootOrder, preferences, settings);
        Self(collator.expect("the root order is part of the program"))
    }

    /// -1, 0 or 1. The strings are UTF-16 code units.
    pub fn compare(&self, left: &[u16], right: &[u16]) -> i32 {
        match self.0.as_borrowed().compare_utf16(left, right) {
            Ordering::Less => -1,
            Ordering::Equal => 0,
            Ordering::Greater => 1,
        }
    }
}

/// The plural category (`one`, `few`, `other` …) of a number written with the digits that are shown; none for a language
/// that is not known or text that is no number.
pub fn plural_category(locale: &str, ordinal: bool, number: &str) -> Option<&'static str> {
    let locale = Locale::from_str(locale).ok()?;
    let kind = if ordinal { PluralRuleType::Ordinal } else { PluralRuleType::Cardinal };
    let options = PluralRulesOptions::default().with_type(kind);
    let rules = PluralRules::try_new((&locale).into(), options).ok()?;
    let operands = PluralOperands::from(&UnsignedDecimal::from_str(number.trim_start_matches('-')).ok()?);
    Some(match rules.category_for(operands) {
        PluralCategory::Zero => "zero",
        PluralCategory::One => "one",
        PluralCategory::Two => "two",
        PluralCategory::Few => "few",
        PluralCategory::Many => "many",
        PluralCategory::Other => "other",
    })
}

/// The categories that a language has, in ECMA-402's order.
pub fn plural_categories(locale: &str, ordinal: bool) -> Option<Vec<&'static str>> {
    let locale = Locale::from_str(locale).ok()?;
    let kind = if ordinal { PluralRuleType::Ordinal } else { PluralRuleType::Cardinal };
    let rules = PluralRules::try_new((&locale).into(), PluralRulesOptions::default().with_type(kind)).ok()?;
    let has = |wanted: PluralCategory| rules.categories().any(|category| category == wanted);
    let all = [
        (PluralCategory::Few, "few"),
        (PluralCategory::Many, "many"),
        (PluralCategory::One, "one"),
        (PluralCategory::Two, "two"),
        (PluralCategory::Zero, "zero"),
        (PluralCategory::Other, "other"),
    ];
    Some(all.into_iter().filter(|(category, _)| has(*category)).map(|(_, name)| name).collect())
}

/// What `Intl.Segmenter` looks for. UAX #29.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Granularity {
    /// Characters as a reader sees them.
    Grapheme,
    /// Words, and what stands between them. Languages written without spaces are cut by the general rules.
    Word,
    /// Sentences.
    Sentence,
}

/// Ends of the segments in UTF-16 code units, each with whether it is a word.
pub fn segments(granularity: Granularity, text: &[u16]) -> Vec<(usize, bool)> {
    if text.is_empty() {
        return Vec::new();
    }
    match granularity {
        Granularity::Grapheme => {
            let ends = GraphemeClusterSegmenter::new().segment_utf16(text);
            ends.filter(|&end| end > 0).map(|end| (end, false)).collect()
        }
        Granularity::Word => {
            let words = WordSegmenter::new_for_non_complex_scripts(WordBreakInvariantOptions::default());
            let ends = words.segment_utf16(text).iter_with_word_type();
            ends.filter(|&(end, _)| end > 0).map(|(end, kind)| (end, kind.is_word_like())).collect()
        }
        Granularity::Sentence => {
            let ends = SentenceSegmenter::new(SentenceBreakInvariantOptions::default()).segment_utf16(text);
            ends.filter(|&end| end > 0).map(|end| (end, false)).collect()
        }
    }
}

/// A time zone's offset from UTC in seconds at a moment, and whether that is summer time; none for an unknown zone.
pub fn zone_offset(zone: &str, epoch_ms: f64) -> Option<(i32, bool)> {
    let zone = jiff::tz::TimeZone::get(zone).ok()?;
    let moment = jiff::Timestamp::from_millisecond(epoch_ms as i64).ok()?;
    let info = zone.to_offset_info(moment);
    Some((info.offset().seconds(), info.dst().is_dst()))
}

/// A time zone's name with its letters as in the database; none for an unknown zone.
pub fn zone_name(zone: &str) -> Option<String> {
    jiff::tz::TimeZone::get(zone).ok()?.iana_name().map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn utf16(text: &str) -> Vec<u16> {
        text.encode_utf16().collect()
    }

    fn check_order(options: OrderOptions, left: &str, right: &str, expected: i32) {
        assert_eq!(Order::new(options).compare(&utf16(left), &utf16(right)), expected, "{left} {right}");
    }

    #[test]
    fn strings_are_ordered_as_a_reader_expects() {
        let variant = OrderOptions { sensitivity: 3, ..OrderOptions::default() };
        check_order(variant, "a", "B", -1);
        check_order(variant, "a", "A", -1);
        check_order(variant, "é", "f", -1);
        check_order(variant, "a10", "a2", -1);
        check_order(OrderOptions { numeric: true, ..variant }, "a10", "a2", 1);
        check_order(OrderOptions { sensitivity: 0, ..variant }, "é", "E", 0);
        check_order(OrderOptions { sensitivity: 1, ..variant }, "é", "e", 1);
        check_order(OrderOptions { sensitivity: 2, ..variant }, "e", "E", -1);
        check_order(OrderOptions { case_first: 1, ..variant }, "a", "A", 1);
    }

    fn check_plural(locale: &str, ordinal: bool, number: &str, expected: &str) {
        assert_eq!(plural_category(locale, ordinal, number), Some(expected), "{locale} {number}");
    }

    #[test]
    fn plural_categories_follow_the_language_and_the_digits() {
        check_plural("en", false, "1", "one");
        check_plural("en", false, "1.0", "other");
        check_plural("en", true, "22", "two");
        check_plural("ru", false, "3", "few");
        check_plural("fr", false, "0", "one");
        assert_eq!(plural_categories("en", true), Some(vec!["few", "one", "two", "other"]));
    }

    #[test]
    fn text_is_cut_into_segments() {
        let ends = |granularity, text: &str| segments(granularity, &utf16(text));
        assert_eq!(ends(Granularity::Grapheme, "e\u{301}👩‍👩‍👧"), [(2, false), (10, false)]);
        assert_eq!(ends(Granularity::Word, "hi you"), [(2, true), (3, false), (6, true)]);
        assert_eq!(ends(Granularity::Sentence, "A b. C d."), [(5, false), (9, false)]);
        assert_eq!(ends(Granularity::Word, ""), []);
    }

    #[test]
    fn offsets_of_time_zones_change_with_the_season() {
        assert_eq!(zone_offset("America/New_York", 1_767_225_600_000.0), Some((-18_000, false)));
        assert_eq!(zone_offset("America/New_York", 1_782_864_000_000.0), Some((-14_400, true)));
        assert_eq!(zone_offset("Nowhere/Land", 0.0), None);
        assert_eq!(zone_name("europe/paris").as_deref(), Some("Europe/Paris"));
    }
}
