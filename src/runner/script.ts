/** The files with which a step reaches the loop of a user's container. */
const VARIABLE = /^[A-Za-z_][A-Za-z0-9_]*$/;
/** The kernel refuses longer ones (MAX_ARG_STRLEN), with the name and `=` counted. */
const LONGEST_VARIABLE = 128 * 1024 - 1;

export interface ScriptFrame {
  /** Without the extension, as the user's container sees it. */
  path: string;
  directory: string;
  env: Readonly<Record<string, string>>;
  /** For the interpreter when the script names none: `-xe`. */
  flags: string;
  /** The standard output goes into `path.cap`, only the error output into the log. */
  capture: boolean;
}

/** CR is taken out: a script from a Windows editor would fail in each line. */
export function scriptBody(script: string): string {
  const text = script.replaceAll('\r\n', '\n');
  return text.endsWith('\n') ? text : `${text}\n`;
}

/** Called by the loop as `sh ID.sh INTERPRETER…`. @throws Error that names the variable which cannot be set. */
export function prologue(frame: ScriptFrame, script: string): string {
  const lines: string[] = [];
  for (const [name, value] of Object.entries(frame.env)) {
    checkVariable(name, value);
    lines.push(`export ${name}=${quote(value)}`);
  }
  lines.push(`cd -- ${quote(frame.directory)} || exit 1`);
  const file = quote(`${frame.path}.x`);
  const command = script.startsWith('#!') ? file : `"$@" ${frame.flags} ${file}`;
  lines.push(`exec ${command}${frame.capture ? ` >${quote(`${frame.path}.cap`)}` : ''}`);
  return `${lines.join('\n')}\n`;
}

export function checkVariable(name: string, value: string): void {
  if (!VARIABLE.test(name)) {
    throw new Error(`"${name}" cannot be the name of an environment variable: use letters, digits and _`);
  }
  if (value.includes('\0')) throw new Error(`the value of the environment variable ${name} holds a NUL byte`);
  if (Buffer.byteLength(value) + name.length + 2 > LONGEST_VARIABLE) {
    throw new Error(
      `the value of the environment variable ${name} is longer than 128 KiB: put it into a file`,
    );
  }
}

export function quote(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}
