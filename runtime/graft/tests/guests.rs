//! Guests in the text format, run beside a host program by an interpreter.

#![allow(clippy::unwrap_used)]

mod host;

use std::rc::Rc;

use host::{Failure, Host, Import};
use wasmparser::{Parser, Payload, TypeRef, Validator, WasmFeatures};
use wast::{
    Wat,
    parser::{self, ParseBuffer},
};

fn wasm(text: &str) -> Vec<u8> {
    let buffer = ParseBuffer::new(text).unwrap();
    parser::parse::<Wat<'_>>(&buffer).unwrap().encode().unwrap()
}

/// An export, its arguments' bits, and what is expected.
type Case<'a> = (&'a str, &'a [u64], Result<&'a [u64], &'a str>);

/// Calls an export of a guest without imports; gives the results' bits, or the beginning of what it trapped with.
#[track_caller]
fn check(text: &str, calls: &[Case<'_>]) {
    let mut host = Host::default();
    let guest = host.guest(&wasm(text), Vec::new(), &[]).unwrap();
    for (export, arguments, expected) in calls {
        match (host.call(&guest, export, arguments), expected) {
            (Ok(values), Ok(expected)) => {
                let bits: Vec<u64> = values.iter().map(|value| value.1).collect();
                assert_eq!(bits, *expected, "{export}");
            }
            (Err(Failure::Trap(message)), Err(expected)) => {
                assert!(message.contains(expected), "{export}: {message}")
            }
            (got, _) => panic!("{export}: {got:?} instead of {expected:?}"),
        }
    }
}

const OUTSIDE: Result<&[u64], &str> = Err("out of bounds memory access");

#[test]
fn the_last_byte_of_a_memory_is_inside_and_the_next_is_not() {
    let text = r#"(module (memory 1)
        (func (export "load8") (param i32) (result i32) (i32.load8_u (local.get 0)))
        (func (export "load64") (param i32) (result i64) (i64.load offset=8 (local.get 0)))
        (func (export "store") (param i32 f64) (f64.store (local.get 0) (local.get 1)))
        (func (export "far") (param i32) (result i32) (i32.load offset=0xffffffff (local.get 0))))"#;
    check(
        text,
        &[
            ("load8", &[65_535], Ok(&[0])),
            ("load8", &[65_536], OUTSIDE),
            ("load8", &[0xffff_ffff], OUTSIDE),
            ("load64", &[65_520], Ok(&[0])),
            ("load64", &[65_521], OUTSIDE),
            ("load64", &[0xffff_fff8], OUTSIDE),
            ("store", &[65_528, 1.5_f64.to_bits()], Ok(&[])),
            ("store", &[65_529, 0], OUTSIDE),
            ("far", &[0], OUTSIDE),
            ("far", &[1], OUTSIDE),
        ],
    );
}

#[test]
fn a_memory_of_no_pages_has_no_byte() {
    let text = r#"(module (memory 0 1)
        (func (export "load") (result i32) (i32.load8_u (i32.const 0)))
        (func (export "fill") (param i32) (memory.fill (i32.const 0) (i32.const 1) (local.get 0)))
        (func (export "grow") (param i32) (result i32) (memory.grow (local.get 0)))
        (func (export "size") (result i32) (memory.size)))"#;
    check(
        text,
        &[
            ("load", &[], OUTSIDE),
            ("fill", &[0], Ok(&[])),
            ("fill", &[1], OUTSIDE),
            ("grow", &[2], Ok(&[0xffff_ffff])),
            ("grow", &[1], Ok(&[0])),
            ("size", &[], Ok(&[1])),
            ("load", &[], Ok(&[0])),
        ],
    );
}

#[test]
fn what_a_memory_held_is_there_after_it_has_grown() {
    let text = r#"(module (memory 1) (data (i32.const 100) "abc")
        (func (export "grow") (result i32)
            (i32.store8 (i32.const 103) (i32.const 100))
            (drop (memory.grow (i32.const 3)))
            (i32.store (i32.const 200000) (i32.const 7))
            (i32.add (i32.load (i32.const 100)) (i32.load (i32.const 200000)))))"#;
    let expected = u64::from(u32::from_le_bytes(*b"abcd") + 7);
    check(text, &[("grow", &[], Ok(&[expected]))]);
}

#[test]
fn traps_are_told_apart() {
    let text = r#"(module (type $t (func)) (table 2 funcref)
        (func (export "unreachable") unreachable)
        (func (export "divide") (result i32) (i32.div_s (i32.const 1) (i32.const 0)))
        (func (export "null") (call_indirect (type $t) (i32.const 0)))
        (func $deep (export "deep") (call $deep)))"#;
    check(
        text,
        &[
            ("unreachable", &[], Err("unreachable")),
            ("divide", &[], Err("divi")),
            ("null", &[], Err("")),
            ("deep", &[], Err("stack")),
        ],
    );
}

#[test]
fn references_are_numbers_and_their_tables_are_the_hosts() {
    let text = r#"(module (table $t 2 4 externref) (global $g (mut externref) (ref.null extern))
        (func (export "set") (param i32 externref) (table.set $t (local.get 0) (local.get 1)))
        (func (export "get") (param i32) (result externref) (table.get $t (local.get 0)))
        (func (export "null") (param externref) (result i32) (ref.is_null (local.get 0)))
        (func (export "grow") (param externref i32) (result i32) (table.grow $t (local.get 0) (local.get 1)))
        (func (export "keep") (param externref) (result i32)
            (global.set $g (local.get 0)) (ref.is_null (global.get $g))))"#;
    check(
        text,
        &[
            ("get", &[0], Ok(&[0])),
            ("set", &[1, 77], Ok(&[])),
            ("get", &[1], Ok(&[77])),
            ("get", &[2], Err("out of bounds")),
            ("null", &[0], Ok(&[1])),
            ("null", &[5], Ok(&[0])),
            ("grow", &[9, 2], Ok(&[2])),
            ("get", &[3], Ok(&[9])),
            ("grow", &[9, 1], Ok(&[0xffff_ffff])),
            ("keep", &[3], Ok(&[0])),
        ],
    );
}

#[test]
fn imports_are_called_with_their_values_and_what_they_throw_ends_the_call() {
    let text = r#"(module
        (import "m" "mix" (func $mix (param i32 i64 f32 f64) (result f64)))
        (import "m" "fail" (func $fail))
        (func (export "mix") (result f64)
            (call $mix (i32.const -1) (i64.const -2) (f32.const 1.5) (f64.const 2.25)))
        (func (export "fail") (call $fail)))"#;
    let mut host = Host::default();
    let mix: Import = Rc::new(|_, arguments| {
        let expected = [
            ('i', 0xffff_ffff),
            ('I', -2_i64 as u64),
            ('f', 1.5_f32.to_bits().into()),
            ('F', 2.25_f64.to_bits()),
        ];
        assert_eq!(arguments, expected);
        Ok(vec![('F', 8.5_f64.to_bits())])
    });
    let fail: Import = Rc::new(|_, _| Err("thrown".into()));
    let guest = host.guest(&wasm(text), vec![Some(mix), Some(fail)], &[]).unwrap();
    assert_eq!(host.call(&guest, "mix", &[]).unwrap(), [('F', 8.5_f64.to_bits())]);
    assert!(matches!(host.call(&guest, "fail", &[]), Err(Failure::Trap(message)) if message == "thrown"));
    assert_eq!(host.call(&guest, "mix", &[]).unwrap(), [('F', 8.5_f64.to_bits())], "it can be called again");
}

/// The engine of these tests has no atomic instructions: the specs run them (webassembly-shared-memory).
#[test]
fn what_is_declared_as_shared_becomes_ordinary_memory() {
    let text = "(module (memory 1 1 shared) (func (export \"add\") (param i32 i32) (result i32) \
                (drop (i32.atomic.rmw.add (local.get 0) (local.get 1))) (drop (memory.atomic.notify (local.get 0) (i32.const 1))) \
                (i32.atomic.load (local.get 0))))";
    let graft = oac_graft::graft(&wasm(text)).unwrap();
    assert!(graft.shape.memories[0].shared);
    let mut validator = Validator::new_with_features(WasmFeatures::default() | WasmFeatures::THREADS);
    validator.validate_all(&graft.module).unwrap();
    for payload in Parser::new(0).parse_all(&graft.module) {
        if let Payload::ImportSection(section) = payload.unwrap() {
            let shared = |import: wasmparser::Import<'_>| matches!(import.ty, TypeRef::Memory(memory) if memory.shared);
            assert!(!section.into_imports().any(|import| shared(import.unwrap())));
        }
    }
}

#[test]
fn what_cannot_be_grafted_is_named() {
    for (text, words) in [
        ("(module (memory i64 1))", "memory64"),
        ("(module (type (struct)))", "gc"),
        ("(module (func (result i32)))", "type mismatch"),
    ] {
        let error = oac_graft::graft(&wasm(text)).unwrap_err().to_string();
        assert!(error.contains(words), "{text}: {error}");
    }
    assert!(oac_graft::graft(b"\0asm\x0d\0\x01\0").unwrap_err().to_string().contains("component"));
    assert!(oac_graft::graft(b"no module").is_err());
}

#[test]
fn a_graft_can_be_grafted_from_any_beginning_of_a_module_without_harm() {
    let whole = wasm(
        r#"(module (memory 1) (table 1 funcref) (elem (i32.const 0) $f) (func $f (export "f")) (data "x"))"#,
    );
    for len in 0..whole.len() {
        // Refused, or (where only whole sections are missing) taken; never a panic.
        let _ = oac_graft::graft(&whole[..len]);
    }
}
