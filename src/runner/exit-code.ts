/** Exit codes as shells report them. */
import { constants } from 'node:os';

export interface ShellExit {
  /** 0 to 255; 128+n for signal n. */
  code: number;
  /** As `SIGKILL`, when a signal ended the script (or it said so itself by 128+n). */
  signal?: string;
}

/** @param reported what `$?` was: 128+n for a signal, 256+n in ksh93, 384+n in yash. */
export function shellExit(reported: number): ShellExit {
  const number = reported > 384 ? reported - 384 : reported > 256 ? reported - 256 : reported - 128;
  const signal = number > 0 && number <= 64 ? signalName(number) : undefined;
  const code = reported > 255 ? 128 + number : reported;
  return signal === undefined ? { code: code & 255 } : { code, signal };
}

export function signalName(number: number): string {
  const known = Object.entries(constants.signals).find(([, value]) => value === number);
  return known?.[0] ?? `signal ${number}`;
}

export function describeExit(exit: ShellExit): string {
  return exit.signal === undefined ? `exit code ${exit.code}` : `exit code ${exit.code} (${exit.signal})`;
}
