/** Commands that lead on from an empty view, to be copied. */
export const ADD_BACKEND = 'sluice backends add http://127.0.0.1:3000 --pool default';
/** To the default port. */
export const SEND_REQUEST = 'curl -i http://127.0.0.1:8080/';
