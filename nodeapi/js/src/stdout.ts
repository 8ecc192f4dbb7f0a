// Text to descriptor 1 before there is a `process.stdout`.
export function print(text: string): void {
  host.ops.sys_write(1, text);
}
