/** Names that users and other programs rely on. */
export const GROUP = 'otto.dev';
export const VERSION = 'v1alpha1';
export const API_VERSION = 'otto.dev/v1alpha1';
export const FIELD_MANAGER = 'otto';
/** Audience of the token with which a stage's runner speaks to the operator. */
export const TOKEN_AUDIENCE = 'otto';

export const LABEL_RUN = 'otto.dev/run';
export const LABEL_PIPELINE = 'otto.dev/pipeline';
export const LABEL_STAGE = 'otto.dev/stage';
export const LABEL_ATTEMPT = 'otto.dev/attempt';
export const LABEL_MANAGED_BY = 'app.kubernetes.io/managed-by';

/** The runner's container: the default of `kubectl logs`. */
export const RUNNER_CONTAINER = 'otto';
/** The container of a stage's `image`. */
export const MAIN_CONTAINER = 'main';
