//! The binding `url`.

use oac_engine::{OpArgs, OpDecl, OpResult, OpState, OpValue};
use oac_node_ops::url::{self, Parsed, Part};

pub(crate) const OPS: &[OpDecl] = &[
    OpDecl { name: "url_parse", run: parse },
    OpDecl { name: "url_can_parse", run: can_parse },
    OpDecl { name: "url_update", run: update },
    OpDecl { name: "url_format", run: format },
    OpDecl { name: "url_path_to_file_url", run: path_to_file_url },
    OpDecl { name: "url_origin", run: origin },
    OpDecl { name: "url_domain_to_ascii", run: domain_to_ascii },
    OpDecl { name: "url_domain_to_unicode", run: domain_to_unicode },
];

/// `[href, …components]`.
fn parsed(url: Option<Parsed>) -> OpResult {
    Ok(url.map_or(OpValue::Undefined, |url| {
        let mut list = vec![OpValue::Str(url.href)];
        list.extend(url.components.iter().map(|&n| OpValue::from(n)));
        OpValue::List(list)
    }))
}

/// `url_parse(input, base?)`: `[href, …components]`, `undefined` if it is no URL.
fn parse(_: &mut OpState, args: &OpArgs<'_>) -> OpResult {
    let base = if args.is_nullish(1) { None } else { Some(args.str(1)?) };
    parsed(url::parse(&args.str(0)?, base.as_deref()))
}

/// `url_can_parse(input, base?)`.
fn can_parse(_: &mut OpState, args: &OpArgs<'_>) -> OpResult {
    let base = if args.is_nullish(1) { None } else { Some(args.str(1)?) };
    Ok(url::can_parse(&args.str(0)?, base.as_deref()).into())
}

/// `url_update(href, part, value)`: as `url_parse`, `undefined` if the value was refused.
fn update(_: &mut OpState, args: &OpArgs<'_>) -> OpResult {
    let Some(part) = Part::from_number(args.u32(1)? as u8) else {
        return Ok(OpValue::Undefined);
    };
    parsed(url::update(&args.str(0)?, part, &args.str(2)?))
}

/// `url_format(href, hash, unicode, search, auth)`.
fn format(_: &mut OpState, args: &OpArgs<'_>) -> OpResult {
    let options = url::FormatOptions {
        hash: args.bool(1),
        unicode: args.bool(2),
        search: args.bool(3),
        auth: args.bool(4),
    };
    Ok(url::format(&args.str(0)?, options).into())
}

/// `url_path_to_file_url(path)`: as `url_parse`.
fn path_to_file_url(_: &mut OpState, args: &OpArgs<'_>) -> OpResult {
    parsed(url::path_to_file_url(&args.str(0)?))
}

fn origin(_: &mut OpState, args: &OpArgs<'_>) -> OpResult {
    Ok(url::origin(&args.str(0)?).into())
}

fn domain_to_ascii(_: &mut OpState, args: &OpArgs<'_>) -> OpResult {
    Ok(url::domain_to_ascii(&args.str(0)?).into())
}

fn domain_to_unicode(_: &mut OpState, args: &OpArgs<'_>) -> OpResult {
    Ok(url::domain_to_unicode(&args.str(0)?).into())
}
