/** Tells the kernel of an event: the time first, then the event, then what the kernel wants done is done. */
export type Turn = <T>(event: () => T) => T;
