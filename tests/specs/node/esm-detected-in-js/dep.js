export const ok = 'detected';
