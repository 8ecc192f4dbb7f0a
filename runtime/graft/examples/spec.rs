//! Runs the WebAssembly specification's own tests against grafted modules, and prints what differs:
//! `cargo run -p oac-graft --example spec -- FILE.wast…`. The tests are those of the repository WebAssembly/testsuite.

#![allow(clippy::unwrap_used)]

use std::{collections::HashMap, rc::Rc};

#[path = "../tests/host/mod.rs"]
mod host;

use host::{Bits, Failure, Guest, Host, Import, call_function};
use oac_graft::{ExportKind, ImportKind};
use wast::{
    QuoteWat, Wast, WastArg, WastDirective, WastExecute, WastInvoke, WastRet,
    core::{NanPattern, WastArgCore, WastRetCore},
    parser::{self, ParseBuffer},
};

#[derive(Default)]
struct Run {
    host: Host,
    named: HashMap<String, Rc<Guest>>,
    registered: HashMap<String, Rc<Guest>>,
    current: Option<Rc<Guest>>,
    passed: usize,
    failed: usize,
    skipped: usize,
}

fn bits(arg: &WastArg<'_>) -> Option<u64> {
    Some(match arg {
        WastArg::Core(WastArgCore::I32(value)) => u64::from(*value as u32),
        WastArg::Core(WastArgCore::I64(value)) => *value as u64,
        WastArg::Core(WastArgCore::F32(value)) => value.bits.into(),
        WastArg::Core(WastArgCore::F64(value)) => value.bits,
        WastArg::Core(WastArgCore::RefNull(_)) => 0,
        // Zero is null.
        WastArg::Core(WastArgCore::RefExtern(value)) => u64::from(*value) + 1,
        _ => return None,
    })
}

fn matches(expected: &WastRet<'_>, value: Bits) -> bool {
    let WastRet::Core(expected) = expected else { return false };
    let bits = value.1;
    match expected {
        WastRetCore::I32(expected) => bits == u64::from(*expected as u32),
        WastRetCore::I64(expected) => bits == *expected as u64,
        WastRetCore::F32(NanPattern::Value(expected)) => bits == u64::from(expected.bits),
        WastRetCore::F32(_) => f32::from_bits(bits as u32).is_nan(),
        WastRetCore::F64(NanPattern::Value(expected)) => bits == expected.bits,
        WastRetCore::F64(_) => f64::from_bits(bits).is_nan(),
        WastRetCore::RefNull(_) => bits == 0,
        WastRetCore::RefExtern(Some(expected)) => bits == u64::from(*expected) + 1,
        WastRetCore::RefExtern(None) => bits != 0,
        _ => false,
    }
}

impl Run {
    fn imports(&self, wasm: &[u8]) -> Result<(Vec<Option<Import>>, Vec<u64>), String> {
        let shape = oac_graft::graft(wasm).map_err(|error| error.to_string())?.shape;
        let (mut functions, mut globals): (Vec<Option<Import>>, Vec<u64>) = Default::default();
        for import in &shape.imports {
            let from = self.registered.get(&import.module).cloned();
            match &import.kind {
                ImportKind::Function { .. } => functions.push(match from {
                    None if import.module == "spectest" => Some(Rc::new(|_, _| Ok(Vec::new()))),
                    None => None,
                    Some(guest) => {
                        let export = guest.shape.exports.iter().find(|export| export.name == import.name);
                        let Some(ExportKind::Function(number)) = export.map(|export| export.kind) else {
                            return Err("skip: an import that is not there".into());
                        };
                        Some(Rc::new(move |world, arguments| {
                            let arguments: Vec<u64> = arguments.iter().map(|argument| argument.1).collect();
                            call_function(world, &guest, number, &arguments)
                                .map_err(|failure| format!("{failure:?}"))
                        }))
                    }
                }),
                ImportKind::Global(number) if import.module == "spectest" => {
                    globals.push(match shape.globals[*number as usize].letter {
                        'f' => 666.6_f32.to_bits().into(),
                        'F' => 666.6_f64.to_bits(),
                        _ => 666,
                    });
                }
                ImportKind::Memory(_) | ImportKind::Table(_) if import.module == "spectest" => {}
                _ => return Err("skip: what two modules share".into()),
            }
        }
        Ok((functions, globals))
    }

    fn module(&mut self, module: &mut QuoteWat<'_>) -> Result<Rc<Guest>, String> {
        let wasm = module.encode().map_err(|error| format!("skip: {error}"))?;
        let (imports, globals) = self.imports(&wasm)?;
        self.host.guest(&wasm, imports, &globals).map_err(|failure| match failure {
            Failure::Refused(message) | Failure::Trap(message) => message,
        })
    }

    fn invoke(&mut self, invoke: &WastInvoke<'_>) -> Result<Vec<Bits>, String> {
        let guest = match invoke.module {
            Some(id) => self.named.get(id.name()).cloned(),
            None => self.current.clone(),
        };
        let guest = guest.ok_or("skip: its module is not there")?;
        let arguments: Vec<u64> =
            invoke.args.iter().map(bits).collect::<Option<_>>().ok_or("skip: v128 or funcref arguments")?;
        match self.host.call(&guest, invoke.name, &arguments) {
            Ok(values) => Ok(values),
            Err(Failure::Trap(message)) if message.contains("cannot cross") => {
                Err("skip: v128 or funcref".into())
            }
            Err(Failure::Trap(message) | Failure::Refused(message)) => Err(message),
        }
    }

    fn execute(&mut self, execute: &mut WastExecute<'_>) -> Result<Vec<Bits>, String> {
        match execute {
            WastExecute::Invoke(invoke) => self.invoke(invoke),
            WastExecute::Wat(wat) => {
                let wasm = wat.encode().map_err(|error| format!("skip: {error}"))?;
                let (imports, globals) = self.imports(&wasm)?;
                match self.host.guest(&wasm, imports, &globals) {
                    Ok(_) => Ok(Vec::new()),
                    Err(Failure::Refused(message) | Failure::Trap(message)) => Err(message),
                }
            }
            WastExecute::Get { module, global, .. } => {
                let guest = match module {
                    Some(id) => self.named.get(id.name()).cloned(),
                    None => self.current.clone(),
                };
                let guest = guest.ok_or("skip: its module is not there")?;
                self.host.call(&guest, global, &[]).map_err(|failure| match failure {
                    Failure::Refused(message) | Failure::Trap(message) => message,
                })
            }
        }
    }

    fn directive(&mut self, directive: WastDirective<'_>) -> Result<(), String> {
        match directive {
            WastDirective::Module(mut module) => {
                self.current = None;
                let name = module.name().map(|id| id.name().to_string());
                let guest = self.module(&mut module)?;
                if let Some(name) = name {
                    self.named.insert(name, guest.clone());
                }
                self.current = Some(guest);
                Ok(())
            }
            WastDirective::Register { name, module, .. } => {
                let guest = match module {
                    Some(id) => self.named.get(id.name()).cloned(),
                    None => self.current.clone(),
                };
                self.registered.insert(name.into(), guest.ok_or("skip: its module is not there")?);
                Ok(())
            }
            WastDirective::Invoke(invoke) => self.invoke(&invoke).map(drop),
            WastDirective::AssertReturn { mut exec, results, .. } => {
                let values = self.execute(&mut exec)?;
                if results.iter().any(|result| {
                    matches!(
                        result,
                        WastRet::Core(
                            WastRetCore::RefFunc(_) | WastRetCore::V128(_) | WastRetCore::Either(_)
                        )
                    )
                }) {
                    return Err("skip: v128 or funcref".into());
                }
                let same = values.len() == results.len()
                    && results.iter().zip(&values).all(|(expected, &value)| matches(expected, value));
                if same { Ok(()) } else { Err(format!("gave {values:x?}, not {results:?}")) }
            }
            WastDirective::AssertTrap { mut exec, message, .. } => match self.execute(&mut exec) {
                Ok(values) => Err(format!("gave {values:?}, instead of a trap: {message}")),
                Err(got) if got.starts_with("skip") => Err(got),
                Err(got) => check_message(&got, message),
            },
            WastDirective::AssertExhaustion { call, .. } => {
                match self.invoke(&call) {
                    Ok(values) => Err(format!("gave {values:?}, instead of using up the stack")),
                    Err(got) if got.starts_with("skip") || got.contains("stack") => {
                        if got.starts_with("skip") { Err(got) } else { Ok(()) }
                    }
                    Err(got) => Err(got),
                }
            }
            WastDirective::AssertInvalid { mut module, message, .. }
            | WastDirective::AssertMalformed { mut module, message, .. } => {
                let Ok(wasm) = module.encode() else { return Ok(()) };
                match oac_graft::graft(&wasm) {
                    Err(_) => Ok(()),
                    Ok(_) => Err(format!("accepted, though {message}")),
                }
            }
            _ => Err("skip: a directive of another kind".into()),
        }
    }
}

/// Engines word it in their own ways; the beginnings and the words that matter are the same.
fn check_message(got: &str, expected: &str) -> Result<(), String> {
    let words: Vec<&str> = match expected {
        "undefined element" | "out of bounds table access" => vec!["out of bounds", "undefined"],
        "uninitialized element" => vec!["uninitialized", "null", "undefined"],
        "indirect call type mismatch" => vec!["mismatch", "indirect call"],
        "integer divide by zero" => vec!["divi"],
        "integer overflow" => vec!["overflow"],
        "invalid conversion to integer" => vec!["conversion", "overflow"],
        "unreachable" => vec!["unreachable"],
        other => vec![other],
    };
    let found = words.iter().any(|word| got.contains(word));
    if found { Ok(()) } else { Err(format!("trapped with {got:?}, not {expected:?}")) }
}

fn main() {
    let (mut passed, mut failed, mut skipped) = (0, 0, 0);
    for path in std::env::args().skip(1) {
        let text = std::fs::read_to_string(&path).unwrap();
        let Ok(buffer) = ParseBuffer::new(&text) else { continue };
        let Ok(wast) = parser::parse::<Wast<'_>>(&buffer) else {
            println!("{path}: not read");
            continue;
        };
        let mut run = Run::default();
        for directive in wast.directives {
            let (line, _) = directive.span().linecol_in(&text);
            match run.directive(directive) {
                Ok(()) => run.passed += 1,
                Err(why) if why.starts_with("skip") => run.skipped += 1,
                Err(why) => {
                    run.failed += 1;
                    if run.failed <= 5 {
                        println!("{path}:{}: {why}", line + 1);
                    }
                }
            }
        }
        println!("{path}: {} passed, {} failed, {} skipped", run.passed, run.failed, run.skipped);
        passed += run.passed;
        failed += run.failed;
        skipped += run.skipped;
    }
    println!("{passed} passed, {failed} failed, {skipped} skipped");
}
