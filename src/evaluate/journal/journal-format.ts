/** What the first record of a journal says. */
export const FORMAT = Object.freeze({ format: "dspex/evaluation", version: 1 });
