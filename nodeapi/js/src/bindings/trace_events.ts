import { disable, enable, enabledCategories, flagOf, isEnabled, onUpdate, trace } from '../tracing';

/** Categories that somebody wants while it is enabled. */
class CategorySet {
  readonly #categories: string[];
  #enabled = false;

  constructor(categories: string[]) {
    this.#categories = [...new Set(categories)];
  }

  enable(): void {
    if (this.#enabled || this.#categories.length === 0) return;
    this.#enabled = true;
    enable(this.#categories);
  }

  disable(): void {
    if (!this.#enabled) return;
    this.#enabled = false;
    disable(this.#categories);
  }
}

export function create(): object {
  return {
    CategorySet,
    getCategoryEnabledBuffer: flagOf,
    isTraceCategoryEnabled: isEnabled,
    getEnabledCategories: enabledCategories,
    setTraceCategoryStateUpdateHandler: onUpdate,
    trace,
  };
}
