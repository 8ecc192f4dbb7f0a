// A `vm` context on an engine whose global objects cannot be views: keys of the context object are tied to the global object by
// accessors, looked over before and after each script.

const { defineProperty, getOwnPropertyDescriptor, ownKeys } = Reflect;

export class Mirror {
  readonly #global: any;
  readonly #object: any;
  /** Keys that are tied by accessors. */
  readonly #tied = new Set<PropertyKey>();
  /** Values of `var`s and functions when they were last copied: these cannot be replaced by accessors. */
  readonly #copied = new Map<PropertyKey, unknown>();
  readonly #builtin: Set<PropertyKey>;

  constructor(global: object, object: object) {
    this.#global = global;
    this.#object = object;
    this.#builtin = new Set(ownKeys(global));
  }

  during<T>(work: () => T): T {
    this.#before();
    try {
      return work();
    } finally {
      this.#after();
    }
  }

  #before(): void {
    for (const name of ownKeys(this.#object)) {
      if (this.#copied.has(name)) {
        if (this.#object[name] !== this.#copied.get(name)) this.#global[name] = this.#object[name];
        continue;
      }
      if (!this.#tied.has(name)) this.#tie(name);
    }
  }

  #tie(name: PropertyKey): void {
    const object = this.#object;
    const done = defineProperty(this.#global, name, {
      get: () => object[name],
      set: (value) => { object[name] = value; },
      enumerable: getOwnPropertyDescriptor(object, name)?.enumerable ?? true,
      configurable: true,
    });
    if (done) this.#tied.add(name);
  }

  #after(): void {
    for (const name of ownKeys(this.#global)) {
      const descriptor = getOwnPropertyDescriptor(this.#global, name)!;
      if (descriptor.get !== undefined && this.#tied.has(name)) continue;
      if (this.#builtin.has(name)) continue;
      this.#object[name] = this.#global[name];
      if (descriptor.configurable) this.#tie(name);
      else this.#copied.set(name, this.#global[name]);
    }
  }
}
