import { signInLink } from './demo';

/** A console that nobody can sign in to asks for its first admin; the tests are of one that has some. */
export default function somebodyCanSignIn() {
  signInLink('browser-admin', 'admin');
}
