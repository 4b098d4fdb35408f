//! SMTP and POP3 servers that can say any bytes at any step. Never knows DNS or how certificates are made.
