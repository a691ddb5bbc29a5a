/** What git said when it failed → what happened and what to do. */
export interface Trouble {
  message: string;
  /** The network's or the server's, and perhaps gone in a moment. */
  transient: boolean;
}

interface Known {
  pattern: RegExp;
  message: string;
  transient?: boolean;
}

/** The first that matches is told. */
const KNOWN: readonly Known[] = [
  {
    pattern: /REMOTE HOST IDENTIFICATION HAS CHANGED|Host key verification failed|No .* host key is known/i,
    message:
      'the host key of the server is not the one in known_hosts: check the server, then renew known_hosts in the Secret',
  },
  {
    pattern: /Permission denied \((publickey|password)|Load key .*(invalid format|error in libcrypto)/i,
    message:
      'the server refused the ssh key: check the ssh-privatekey of the Secret in `credentials`, and that the server knows it',
  },
  {
    pattern: /could not read Username|could not read Password|terminal prompts disabled/i,
    message:
      'the server asks for a login: name a Secret with username and password in `credentials`, or check the address',
  },
  {
    pattern: /Authentication failed|HTTP Basic: Access denied|returned error: 401|returned error: 403/i,
    message:
      'the server refused the login: check username and password of the Secret in `credentials`, and its rights',
  },
  {
    pattern:
      /repository '.*' not found|Repository not found|does not appear to be a git repository|returned error: 404|not valid: is this a git repository/i,
    message: 'there is no such repository, or the login may not see it: check the address and `credentials`',
  },
  {
    pattern: /SSL certificate problem|server certificate verification failed|certificate verify/i,
    message:
      "the server's certificate is not trusted: have its authority added to the runner's image, or use ssh",
  },
  {
    pattern: /Could not resolve host|Name or service not known|Temporary failure in name resolution/i,
    message: 'the name of the server cannot be resolved: check the address and the DNS of the cluster',
    transient: true,
  },
  {
    pattern:
      /Connection refused|Connection timed out|Failed to connect|Couldn't connect|No route to host|Network is unreachable|Operation timed out/i,
    message: 'the server cannot be reached: check the address, and the network policies of the namespace',
    transient: true,
  },
  {
    pattern:
      /returned error: 5\d\d|returned error: 429|early EOF|unexpected disconnect|remote end hung up|Connection reset|RPC failed|kex_exchange_identification/i,
    message: 'the server broke off',
    transient: true,
  },
  { pattern: /No space left on device|Disk quota exceeded/i, message: 'the disk of the node is full' },
  {
    pattern: /transport '.*' not allowed|protocol '.*' is not supported/i,
    message: 'repositories are read over https, http or ssh only',
  },
];

export function troubleOf(stderr: string): Trouble {
  const known = KNOWN.find(({ pattern }) => pattern.test(stderr));
  const said = lastWords(stderr);
  if (known === undefined) return { message: said === '' ? 'git failed' : said, transient: false };
  return {
    message: `${known.message}${said === '' ? '' : ` (git: ${said})`}`,
    transient: known.transient === true,
  };
}

/** The ref or commit is not there, as far as this fetch can tell. */
export function isMissingRef(stderr: string): boolean {
  return /couldn't find remote ref|not our ref|unadvertised object|no such remote ref|did not send all necessary objects|remote error: upload-pack: not our ref/i.test(
    stderr,
  );
}

function lastWords(stderr: string): string {
  const lines = stderr.split('\n').map((line) => line.trim());
  const fatal = lines.find((line) => /^(fatal|error):/.test(line));
  const line = fatal ?? lines.filter((line) => line !== '').at(-1) ?? '';
  return line.replace(/^(fatal|error):\s*/, '').slice(0, 300);
}
