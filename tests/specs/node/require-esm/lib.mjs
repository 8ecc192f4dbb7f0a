export default class Thing {}
export const named = 1;
