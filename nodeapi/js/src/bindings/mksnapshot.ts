export function create(): object {
  return {
    isBuildingSnapshotBuffer: new Uint8Array(1),
    setSerializeCallback(): void {},
    setDeserializeCallback(): void {},
    setDeserializeMainFunction(): void {},
    runEmbedderPreload(): void {},
  };
}
