/** What may be cloned: https, http and ssh addresses, and names of refs that no option of git can hide in. */
export interface Address {
  url: string;
  transport: 'http' | 'ssh';
  /** Scheme, host and port: credentials are for these alone. */
  origin: string;
}

const SCP = /^(?:([A-Za-z0-9_.][A-Za-z0-9_.-]*)@)([A-Za-z0-9[][A-Za-z0-9.:_\]-]*):(?!\/\/)(.+)$/;

/** @throws Error that says what is wrong and what to write. */
export function parseAddress(url: string): Address {
  const shown = url.replace(/\/\/[^/@]*@/, '//***@').slice(0, 200);
  if (/[\0-\x20\x7f]/.test(url))
    throw new Error(`'${shown}' is no address of a repository: it holds a blank`);
  const scp = /^[a-z][a-z0-9+.-]*:\/\//i.test(url) ? null : SCP.exec(url);
  if (scp !== null) return { url, transport: 'ssh', origin: `ssh://${scp[2] ?? ''}:22` };
  let parsed: URL;
  try {
    parsed = new URL(url);
  } catch {
    throw new Error(`'${shown}' is no address of a repository: write https://…, ssh://… or user@host:path`);
  }
  const { protocol, hostname, port, password, username } = parsed;
  if (!['https:', 'http:', 'ssh:'].includes(protocol)) {
    throw new Error(`'${shown}': repositories are read over https, http or ssh, not ${protocol}`);
  }
  if (password !== '')
    throw new Error(`'${shown}' has a password in it: put it into a Secret and name that in credentials`);
  // git hands the two to ssh, where they would be options.
  if (hostname === '' || hostname.startsWith('-') || decodeURIComponent(username).startsWith('-')) {
    throw new Error(`'${shown}' has no host`);
  }
  const standard = { 'https:': '443', 'http:': '80', 'ssh:': '22' }[protocol] ?? '';
  const transport = protocol === 'ssh:' ? 'ssh' : 'http';
  return { url, transport, origin: `${protocol}//${hostname}:${port === '' ? standard : port}` };
}

/** A branch, a tag or a full ref. @throws Error for what git itself would not take as a name. */
export function checkRef(ref: string): string {
  // The rules of git-check-ref-format.
  const isBad =
    ref === '' ||
    ref.startsWith('-') ||
    ref.startsWith('/') ||
    ref.endsWith('/') ||
    ref.endsWith('.') ||
    /[\0-\x20\x7f~^:?*[\\]|\.\.|@\{|\/\/|(^|\/)\.|\.lock(\/|$)/.test(ref);
  if (isBad) throw new Error(`'${ref.slice(0, 200)}' cannot be the name of a branch or tag`);
  return ref;
}

export function isCommitId(text: string): boolean {
  return /^([0-9a-f]{40}|[0-9a-f]{64})$/.test(text);
}

/** A submodule's address may be relative to its parent's. @throws Error */
export function submoduleAddress(parent: string, url: string): Address {
  if (!url.startsWith('./') && !url.startsWith('../')) return parseAddress(url);
  const scp = /^[a-z][a-z0-9+.-]*:\/\//i.test(parent) ? null : SCP.exec(parent);
  const split = scp === null ? parent.indexOf('/', parent.indexOf('//') + 2) : parent.indexOf(':') + 1;
  const base = split <= 0 ? parent : parent.slice(0, split);
  const parts =
    split <= 0
      ? []
      : parent
          .slice(split)
          .split('/')
          .filter((part) => part !== '');
  for (const part of url.split('/')) {
    if (part === '..') {
      if (parts.pop() === undefined)
        throw new Error(`the submodule's address '${url.slice(0, 200)}' leaves the host`);
    } else if (part !== '.' && part !== '') parts.push(part);
  }
  return parseAddress(scp === null ? `${base}/${parts.join('/')}` : `${base}${parts.join('/')}`);
}
