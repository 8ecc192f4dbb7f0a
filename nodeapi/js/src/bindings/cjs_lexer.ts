// Exports of CommonJS modules, found without running them.

declare global {
  interface Ops {
    cjs_lexer_parse(source: string): [string[], string[]];
  }
}

const { ops } = host;
const Names = Set;

export function create(): object {
  return {
    parse(source: string): [Set<string>, string[]] {
      const [names, specifiers] = ops.cjs_lexer_parse(source);
      return [new Names(names), specifiers];
    },
  };
}
