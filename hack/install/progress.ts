// What a long command is doing, each line with the time since its start.
import type { Log } from '../tools/go-build.ts';

export function progress(): Log {
  const started = performance.now();
  return (line) => {
    const seconds = Math.floor((performance.now() - started) / 1000);
    const time = `${String(Math.floor(seconds / 60)).padStart(2)}:${String(seconds % 60).padStart(2, '0')}`;
    console.error(`[${time}] ${line}`);
  };
}
