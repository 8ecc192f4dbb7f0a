export function create(): object {
  return {
    getCategoryEnabledBuffer: () => new Uint8Array(1),
    isTraceCategoryEnabled: () => false,
    getEnabledCategories: () => undefined,
    setTraceCategoryStateUpdateHandler(): void {},
    trace(): void {},
  };
}
