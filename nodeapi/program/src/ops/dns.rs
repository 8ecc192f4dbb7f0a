//! The binding `cares_wrap`: messages of name servers. Sockets, servers and patience are the glue's.

use oac_engine::{OpArgs, OpDecl, OpResult, OpState, OpValue};
use oac_node_ops::dns::{self, Data, DnsError, Record, kind};

pub(crate) const OPS: &[OpDecl] =
    &[OpDecl { name: "dns_query", run: query }, OpDecl { name: "dns_answer", run: answer }];

/// `dns_query(id, name, type)`: the message; `undefined` for a name that is none.
fn query(_: &mut OpState, args: &OpArgs<'_>) -> OpResult {
    let message = dns::query(args.u32(0)? as u16, &args.str(1)?, args.u32(2)? as u16);
    Ok(message.map_or(OpValue::Undefined, OpValue::Bytes))
}

/// `dns_answer(query, message)`: `[code, isTruncated, type, ttl, fields, …]`, fields in the order in which Node shows them; -1 for a
/// malformed answer, -2 for one to another question.
fn answer(_: &mut OpState, args: &OpArgs<'_>) -> OpResult {
    Ok(match dns::answer(args.bytes(0)?, args.bytes(1)?) {
        Ok(answer) => {
            let mut out = vec![i32::from(answer.code).into(), answer.truncated.into()];
            for Record { kind, ttl_s, data } in answer.records {
                out.extend([i32::from(kind).into(), f64::from(ttl_s).into(), fields(kind, data)]);
            }
            OpValue::List(out)
        }
        Err(DnsError::NotOurs) => (-2).into(),
        Err(_) => (-1).into(),
    })
}

fn fields(of: u16, data: Data) -> OpValue {
    let text = OpValue::Latin1;
    let number = |n: u16| OpValue::from(i32::from(n));
    OpValue::Record(match data {
        Data::Address(address) => vec![("address", address.into())],
        Data::Name(name) => {
            debug_assert!(matches!(of, kind::NS | kind::CNAME | kind::PTR));
            vec![("value", name.into())]
        }
        Data::Mx(priority, exchange) => vec![("exchange", exchange.into()), ("priority", number(priority))],
        Data::Txt(strings) => vec![("entries", OpValue::List(strings.into_iter().map(text).collect()))],
        Data::Srv(priority, weight, port, name) => vec![
            ("name", name.into()),
            ("port", number(port)),
            ("priority", number(priority)),
            ("weight", number(weight)),
        ],
        Data::Naptr(order, preference, [flags, service, regexp], replacement) => vec![
            ("flags", text(flags)),
            ("service", text(service)),
            ("regexp", text(regexp)),
            ("replacement", replacement.into()),
            ("order", number(order)),
            ("preference", number(preference)),
        ],
        Data::Soa(nsname, hostmaster, [serial, refresh, retry, expire, minttl]) => vec![
            ("nsname", nsname.into()),
            ("hostmaster", hostmaster.into()),
            ("serial", f64::from(serial).into()),
            ("refresh", f64::from(refresh).into()),
            ("retry", f64::from(retry).into()),
            ("expire", f64::from(expire).into()),
            ("minttl", f64::from(minttl).into()),
        ],
        Data::Tlsa([usage, selector, matching], bytes) => vec![
            ("certUsage", i32::from(usage).into()),
            ("selector", i32::from(selector).into()),
            ("match", i32::from(matching).into()),
            ("data", OpValue::Bytes(bytes)),
        ],
        // The glue makes a member of the tag.
        Data::Caa(flags, tag, value) => {
            vec![("critical", i32::from(flags).into()), ("tag", text(tag)), ("value", text(value))]
        }
    })
}
