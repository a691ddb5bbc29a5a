/**
 * TERM, from the first moment on. To process 1 a signal without a handler is lost, and the kubelet sends it once: so
 * this is loaded and run before all else.
 */
import { StopSource } from './stop.ts';

export const interruption: StopSource = new StopSource();

for (const signal of ['SIGTERM', 'SIGINT'] as const) {
  process.on(signal, () => interruption.abort({ kind: 'interrupted' }));
}
