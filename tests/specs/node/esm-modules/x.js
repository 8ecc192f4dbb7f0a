export const x = "internal";
