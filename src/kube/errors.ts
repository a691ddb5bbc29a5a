/** What the API server (or the way to it) answered in place of the wanted object. */
export class ApiError extends Error {
  override readonly name = 'ApiError';
  /** HTTP status; 0 when no answer came at all. */
  readonly code: number;
  /** The Status object's reason, such as NotFound, Conflict, AlreadyExists, Forbidden. */
  readonly reason: string;
  readonly retryAfterSeconds: number | undefined;
  /** The Status names fields that are at fault. */
  readonly hasCauses: boolean;

  constructor(
    code: number,
    reason: string,
    message: string,
    retryAfterSeconds?: number,
    cause?: unknown,
    hasCauses: boolean = false,
  ) {
    super(message, cause === undefined ? undefined : { cause });
    this.code = code;
    this.reason = reason;
    this.retryAfterSeconds = retryAfterSeconds;
    this.hasCauses = hasCauses;
  }
}

const has = (reason: string) => (error: unknown) => error instanceof ApiError && error.reason === reason;

export const isNotFound: (error: unknown) => boolean = has('NotFound');
export const isConflict: (error: unknown) => boolean = has('Conflict');
export const isAlreadyExists: (error: unknown) => boolean = has('AlreadyExists');
/** An answer of more bytes than are read: the same request would get it again. */
export const isTooLarge: (error: unknown) => boolean = has('TooLarge');
/** The resourceVersion asked for is gone: list again. */
export function isExpired(error: unknown): boolean {
  return (
    error instanceof ApiError && (error.code === 410 || error.reason === 'Expired' || error.reason === 'Gone')
  );
}

interface StatusBody {
  reason?: string;
  message?: string;
  code?: number;
  details?: { retryAfterSeconds?: number; causes?: unknown[] };
}

const REASONS: Record<number, string> = {
  400: 'BadRequest',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'NotFound',
  409: 'Conflict',
  410: 'Expired',
  422: 'Invalid',
  429: 'TooManyRequests',
  503: 'ServiceUnavailable',
  504: 'Timeout',
};

/** From an answer's HTTP status and body, which is a Status object or, from a proxy on the way, anything. */
export function errorFrom(code: number, body: string, where: string, retryAfter?: string): ApiError {
  let status: StatusBody = {};
  try {
    const parsed: unknown = JSON.parse(body);
    if (typeof parsed === 'object' && parsed !== null) status = parsed;
  } catch {
    status = { message: body.slice(0, 200) };
  }
  const seconds =
    status.details?.retryAfterSeconds ?? (retryAfter === undefined ? undefined : Number(retryAfter));
  const reason =
    status.reason !== undefined && status.reason !== '' ? status.reason : (REASONS[code] ?? 'Unknown');
  return new ApiError(
    code,
    reason,
    `${where}: ${status.message ?? `HTTP ${code}`}`,
    seconds !== undefined && Number.isFinite(seconds) ? seconds : undefined,
    undefined,
    (status.details?.causes?.length ?? 0) > 0,
  );
}
