// Records of answers in the shapes that Node gives them, which differ from question to question.

import type { Found } from './query';

export const RECORD = { A: 1, Ns: 2, Cname: 5, Soa: 6, Ptr: 12, Mx: 15, Txt: 16, Aaaa: 28, Srv: 33, Naptr: 35, Tlsa: 52, Any: 255, Caa: 257 } as const;
export type RecordName = keyof typeof RECORD;

/** How `resolveAny` orders them, as src/cares_wrap.cc asks c-ares. */
const IN_ANY: RecordName[] = ['A', 'Cname', 'Aaaa', 'Mx', 'Ns', 'Txt', 'Srv', 'Ptr', 'Naptr', 'Soa', 'Tlsa', 'Caa'];

/** As Node makes them: some say their type whatever the question was, some say that it is undefined. */
function shaped({ type, fields }: Found, inAny: boolean): any {
  switch (type) {
    case RECORD.Mx: return { ...fields, type: 'MX' };
    case RECORD.Srv: return { ...fields, type: 'SRV' };
    case RECORD.Soa: return { ...fields, type: inAny ? 'SOA' : undefined };
    case RECORD.Naptr: return { ...fields, type: inAny ? 'NAPTR' : undefined };
    case RECORD.Caa: return { critical: fields.critical, type: 'CAA', [fields.tag]: fields.value };
    case RECORD.Tlsa: return { ...fields, data: fields.data.buffer };
    default: return fields;
  }
}

/** What `oncomplete` gets for a question: the records and, of addresses, their times to live. */
export function results(name: RecordName, found: Found[]): [any, any?] {
  const all = found.filter(({ type }) => type === RECORD[name]);
  switch (name) {
    case 'A':
    case 'Aaaa': return [all.map(({ fields }) => fields.address), all.map(({ ttl }) => ttl)];
    case 'Cname':
    case 'Ns':
    case 'Ptr': return [all.map(({ fields }) => fields.value)];
    case 'Txt': return [all.map(({ fields }) => fields.entries)];
    case 'Soa': return [all[0] && shaped(all[0], false)];
    case 'Any': return [any(found)];
    default: return [all.map((one) => shaped(one, false))];
  }
}

function any(found: Found[]): object[] {
  return IN_ANY.flatMap((name) => found.filter(({ type }) => type === RECORD[name]).map((one) => {
    const type = name.toUpperCase();
    return name === 'A' || name === 'Aaaa' ? { address: one.fields.address, ttl: one.ttl, type } : name === 'Tlsa' ? shaped(one, true) : { ...shaped(one, true), type };
  }));
}
