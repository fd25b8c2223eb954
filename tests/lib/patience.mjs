// How long a test waits for what must come, in ms. It only ends a test that is broken, so it is far more than a busy machine needs; a test
// whose subject is a time says its own.
export const PATIENCE = 60_000;
