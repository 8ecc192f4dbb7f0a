export default 'default'; export const named = 'named'; export let live = 0; export function bump() { return ++live; }
