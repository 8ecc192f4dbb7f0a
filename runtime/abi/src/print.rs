//! What is generated from the table: `docs/syscalls.md` and the TypeScript constants. `cargo xtask gen` writes them.

use std::fmt::Write as _;

use crate::{CALLS, Errno, Kind, Module, Served, Support, bounds, signal::Signal, wire::slot};

/// `docs/syscalls.md`: every call with its support.
pub fn markdown() -> String {
    let mut out = String::from(
        "# System calls\n\nGenerated from `runtime/abi/src/table.rs` by `cargo xtask gen`; do not edit.\n\n\
         `oac` calls return the result, or `-errno`; WASI calls return WASI's errno.\n",
    );
    for module in [Module::Oac, Module::Wasi] {
        let _ = write!(
            out,
            "\n## Module `{}`\n\n| number | call | parameters | support | what it does |\n|---|---|---|---|---|\n",
            module.import_name()
        );
        for call in CALLS.iter().filter(|call| call.module == module) {
            let params: Vec<String> =
                call.params.iter().map(|p| format!("{}: {}", p.name, kind_name(p.kind))).collect();
            let support = match call.support {
                Support::Full => "yes".to_string(),
                Support::Partial(note) => format!("partly: {note}"),
                Support::Missing(errno) => format!("no: {}", errno.name()),
            };
            let _ = writeln!(
                out,
                "| {} | `{}` | {} | {support} | {} |",
                call.number,
                call.name,
                params.join(", "),
                call.doc.trim()
            );
        }
    }
    out
}

/// `js/src/generated/abi.ts`: the table, the slot layout, errnos and signals for the browser host.
pub fn typescript() -> String {
    let mut out = String::from("// Generated from runtime/abi by `cargo xtask gen`; do not edit.\n\n");
    out.push_str("export type Kind =\n  | 'i32' | 'u32' | 'i64' | 'u64'\n  | 'in_bytes' | 'out_bytes' | 'in_iovs' | 'out_iovs' | 'out_strings'\n  | { readonly out_fixed: number }\n  | { readonly in_counted: readonly [size: number, countParam: number] }\n  | { readonly out_counted: readonly [size: number, countParam: number] };\n\n");
    out.push_str("export interface CallSpec {\n  readonly number: number;\n  readonly module: 'oac' | 'wasi_snapshot_preview1';\n  readonly name: string;\n  readonly params: readonly Kind[];\n  readonly served: 'kernel' | 'host';\n}\n\n");
    out.push_str("export const CALLS: readonly CallSpec[] = [\n");
    for call in CALLS {
        let params: Vec<String> = call.params.iter().map(|p| typescript_kind(p.kind)).collect();
        let served = match call.served {
            Served::Kernel => "kernel",
            Served::Host => "host",
        };
        let _ = writeln!(
            out,
            "  {{ number: {}, module: '{}', name: '{}', params: [{}], served: '{served}' }},",
            call.number,
            call.module.import_name(),
            call.name,
            params.join(", ")
        );
    }
    out.push_str("];\n\n");
    let constants: [(&str, i64); 15] = [
        ("CALL_ARGS_MAX", bounds::CALL_ARGS_MAX as i64),
        ("CALL_OUTS_MAX", bounds::CALL_OUTS_MAX as i64),
        ("SLOT_BYTES", bounds::SLOT_BYTES as i64),
        ("STRINGS_BYTES_MAX", bounds::STRINGS_BYTES_MAX as i64),
        ("SLOT_STATE", slot::STATE as i64),
        ("SLOT_NUMBER", slot::NUMBER as i64),
        ("SLOT_INPUT_LEN", slot::INPUT_LEN as i64),
        ("SLOT_WRITTEN", slot::WRITTEN as i64),
        ("SLOT_RET", slot::RET as i64),
        ("SLOT_ARGS", slot::ARGS as i64),
        ("SLOT_DATA", slot::DATA as i64),
        ("SLOT_TOTAL", slot::TOTAL as i64),
        ("STATE_REQUESTED", i64::from(slot::STATE_REQUESTED)),
        ("STATE_REPLIED", i64::from(slot::STATE_REPLIED)),
        ("STATE_KILLED", i64::from(slot::STATE_KILLED)),
    ];
    for (name, value) in constants {
        let _ = writeln!(out, "export const {name} = {value};");
    }
    out.push_str("\nexport const ERRNO = {\n");
    for errno in Errno::ALL {
        let _ = writeln!(out, "  {}: {},", errno.name(), errno.number());
    }
    out.push_str(
        "} as const;\n\nexport const ERRNO_TEXT: Readonly<Record<keyof typeof ERRNO, string>> = {\n",
    );
    for errno in Errno::ALL {
        let _ = writeln!(out, "  {}: {:?},", errno.name(), errno.description());
    }
    out.push_str("};\n\nexport const SIGNAL = {\n");
    for signal in Signal::ALL {
        let _ = writeln!(out, "  {}: {},", signal.name(), signal.number());
    }
    out.push_str("} as const;\n");
    out
}

fn kind_name(kind: Kind) -> String {
    match kind {
        Kind::I32 => "i32".into(),
        Kind::U32 => "u32".into(),
        Kind::I64 => "i64".into(),
        Kind::U64 => "u64".into(),
        Kind::InBytes => "bytes in".into(),
        Kind::OutBytes => "bytes out".into(),
        Kind::OutFixed(size) => format!("{size} bytes out"),
        Kind::InIovs => "iovs in".into(),
        Kind::OutIovs => "iovs out".into(),
        Kind::InCounted { size, .. } => format!("{size}-byte records in"),
        Kind::OutCounted { size, .. } => format!("{size}-byte records out"),
        Kind::OutStrings => "strings out".into(),
    }
}

fn typescript_kind(kind: Kind) -> String {
    match kind {
        Kind::I32 => "'i32'".into(),
        Kind::U32 => "'u32'".into(),
        Kind::I64 => "'i64'".into(),
        Kind::U64 => "'u64'".into(),
        Kind::InBytes => "'in_bytes'".into(),
        Kind::OutBytes => "'out_bytes'".into(),
        Kind::InIovs => "'in_iovs'".into(),
        Kind::OutIovs => "'out_iovs'".into(),
        Kind::OutStrings => "'out_strings'".into(),
        Kind::OutFixed(size) => format!("{{ out_fixed: {size} }}"),
        Kind::InCounted { size, count } => format!("{{ in_counted: [{size}, {count}] }}"),
        Kind::OutCounted { size, count } => format!("{{ out_counted: [{size}, {count}] }}"),
    }
}
