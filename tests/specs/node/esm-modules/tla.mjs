export const tla = await new Promise((r) => setTimeout(r, 1, "awaited"));
