/** What the CLI cannot do, in words: what happened, where, and what to do. */
import { ApiError } from '../kube/errors.ts';
import { EXIT_FAILED, EXIT_UNAVAILABLE, EXIT_USAGE } from './exit-codes.ts';

export class CliError extends Error {
  override readonly name = 'CliError';
  readonly exitCode: number;
  /** A line or more on what to do. */
  readonly cure: string | undefined;

  constructor(message: string, cure?: string, exitCode: number = EXIT_FAILED) {
    super(message);
    this.cure = cure;
    this.exitCode = exitCode;
  }
}

/** The command line is wrong. */
export class UsageError extends CliError {
  constructor(message: string, cure?: string) {
    super(message, cure, EXIT_USAGE);
  }
}

export interface Place {
  server: string;
  context: string;
  namespace: string;
}

/** @param place the cluster that was spoken to, once it is known. */
export function explain(error: unknown, place: Place | undefined): CliError {
  if (error instanceof CliError) return error;
  if (error instanceof ApiError) return explainApi(error, place);
  return new CliError(error instanceof Error ? error.message : String(error));
}

function explainApi(error: ApiError, place: Place | undefined): CliError {
  const server = place === undefined ? 'the API server' : `the API server ${place.server}`;
  const where = place === undefined ? server : `${server} (context '${place.context}')`;
  const other = 'Another cluster is chosen with --context, --kubeconfig or $KUBECONFIG.';
  const said = withoutRequest(error.message);
  switch (error.code) {
    case 0:
      return new CliError(
        `cannot reach ${where}: ${causeOf(error)}`,
        `Is it running, and is its address right? ${other}`,
        EXIT_UNAVAILABLE,
      );
    case 401:
      return new CliError(
        `${where} does not accept your credentials: ${said}`,
        `Log in again, or have your kubeconfig renewed. ${other}`,
      );
    case 403:
      return new CliError(
        `not allowed: ${said}`,
        `Whoever runs the cluster can give you the role edit (to look on: view) in namespace '${place?.namespace ?? ''}'. Another namespace is chosen with -n.`,
      );
    case 404:
      // A path that the server does not know is answered by its mux, without an object's name.
      return isUnknownKind(said)
        ? new CliError(
            `${where} does not know Pipelines and Runs`,
            `Install Otto in the cluster: helm install otto charts/otto. ${other}`,
          )
        : new CliError(said);
    case 429:
    case 503:
    case 504:
      return new CliError(`${where} is too busy or just starting: ${said}`, 'Try again.', EXIT_UNAVAILABLE);
    default:
      return new CliError(said);
  }
}

function isUnknownKind(said: string): boolean {
  return said === '404 page not found' || said.startsWith('the server could not find the requested resource');
}

/** ApiErrors begin with the request, which tells a person nothing. */
function withoutRequest(message: string): string {
  return message.replace(/^(?:GET|POST|PATCH|PUT|DELETE) \S+: /, '').trim();
}

function causeOf(error: ApiError): string {
  const { cause } = error;
  // Several addresses of one name were tried: the first answer stands for all.
  if (cause instanceof AggregateError && cause.errors[0] instanceof Error) return cause.errors[0].message;
  return cause instanceof Error && cause.message !== '' ? cause.message : withoutRequest(error.message);
}
