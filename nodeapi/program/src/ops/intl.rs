//! The global `Intl`: order, plurals, boundaries, time zones, and the words of languages.

use oac_engine::{OpArgs, OpDecl, OpResult, OpState, OpValue};
use oac_node_ops::intl::{self, Granularity, Order, OrderOptions};

use crate::library;

pub(crate) const OPS: &[OpDecl] = &[
    OpDecl { name: "intl_data", run: data },
    OpDecl { name: "intl_order_new", run: order_new },
    OpDecl { name: "intl_order_compare", run: order_compare },
    OpDecl { name: "intl_plural_category", run: plural_category },
    OpDecl { name: "intl_plural_categories", run: plural_categories },
    OpDecl { name: "intl_segments", run: segments },
    OpDecl { name: "intl_zone_offset", run: zone_offset },
    OpDecl { name: "intl_zone_name", run: zone_name },
];

/// `intl_data(name)`: the JSON of a language, or of what all share (`common`).
fn data(_: &mut OpState, args: &OpArgs<'_>) -> OpResult {
    Ok(library::source(&format!("intl:{}", args.str(0)?)).into())
}

/// `intl_order_new(sensitivity, numeric, ignorePunctuation, caseFirst)`: the order's number.
fn order_new(state: &mut OpState, args: &OpArgs<'_>) -> OpResult {
    let options = OrderOptions {
        sensitivity: args.u32(0)? as u8,
        numeric: args.bool(1),
        ignore_punctuation: args.bool(2),
        case_first: args.u32(3)? as u8,
    };
    Ok(state.add_resource(Order::new(options)).into())
}

/// `intl_order_compare(order, left, right)`: -1, 0 or 1.
fn order_compare(state: &mut OpState, args: &OpArgs<'_>) -> OpResult {
    let (left, right) = (args.utf16(1)?, args.utf16(2)?);
    Ok(state.resource::<Order>(args.u32(0)?)?.compare(&left, &right).into())
}

/// `intl_plural_category(locale, ordinal, number)`.
fn plural_category(_: &mut OpState, args: &OpArgs<'_>) -> OpResult {
    Ok(intl::plural_category(&args.str(0)?, args.bool(1), &args.str(2)?).into())
}

/// `intl_plural_categories(locale, ordinal)`.
fn plural_categories(_: &mut OpState, args: &OpArgs<'_>) -> OpResult {
    let list = intl::plural_categories(&args.str(0)?, args.bool(1)).unwrap_or_default();
    Ok(OpValue::List(list.into_iter().map(OpValue::from).collect()))
}

/// `intl_segments(granularity, text)`: ends in UTF-16 code units, below zero for a word.
fn segments(_: &mut OpState, args: &OpArgs<'_>) -> OpResult {
    let granularity = match args.u32(0)? {
        0 => Granularity::Grapheme,
        1 => Granularity::Word,
        _ => Granularity::Sentence,
    };
    let ends = intl::segments(granularity, &args.utf16(1)?).into_iter();
    let signed = ends.map(|(end, word)| OpValue::Int(if word { -(end as i32) } else { end as i32 }));
    Ok(OpValue::List(signed.collect()))
}

/// `intl_zone_offset(zone, ms)`: seconds; summer time is marked by half a second more.
fn zone_offset(_: &mut OpState, args: &OpArgs<'_>) -> OpResult {
    let offset = intl::zone_offset(&args.str(0)?, args.num(1)?);
    Ok(offset.map(|(seconds, summer)| f64::from(seconds) + if summer { 0.5 } else { 0.0 }).into())
}

/// `intl_zone_name(zone)`: its name as the database writes it.
fn zone_name(_: &mut OpState, args: &OpArgs<'_>) -> OpResult {
    Ok(intl::zone_name(&args.str(0)?).into())
}
