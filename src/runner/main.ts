/** The runner: process 1 of a stage pod's container `otto`. */
import { interruption } from './interruption.ts';

// Only now: what is imported above the handler would be loaded before it.
const { run } = await import('./run.ts');
await run(interruption);
