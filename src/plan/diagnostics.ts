/** What is wrong with a pipeline, where, and what to do about it. */
export interface Diagnostic {
  /** Stable, for machines: such as UnknownStage. */
  code: string;
  /** For people, with the cure. */
  message: string;
  /** Into the object, as ['spec', 'stages', 2, 'steps', 0, 'sh']. */
  path: (string | number)[];
  severity: 'error' | 'warning';
}
