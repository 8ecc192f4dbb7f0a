/** The smallest programs that behave badly, as bytes of wasm: each exports a memory and `_start`. */

/** `body`: the instructions of `_start`. */
function program(body) {
  const text = (name) => [name.length, ...new TextEncoder().encode(name)];
  const section = (id, bytes) => [id, bytes.length, ...bytes];
  return [
    0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00,
    ...section(1, [1, 0x60, 0, 0]),
    ...section(3, [1, 0]),
    ...section(5, [1, 0, 1]),
    ...section(7, [2, ...text('memory'), 2, 0, ...text('_start'), 0, 0]),
    ...section(10, [1, body.length + 2, 0, ...body, 0x0b]),
  ];
}

/** `unreachable` */
export const TRAPS = program([0x00]);
/** `loop br 0 end` */
export const SPINS = program([0x03, 0x40, 0x0c, 0x00, 0x0b]);
/** Calls itself for ever. */
export const RECURSES = program([0x10, 0x00]);
/** Ends at once. */
export const RETURNS = program([]);
