mod accounts;
mod sign_in;
mod tokens;
