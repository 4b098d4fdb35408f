//! Network and mount namespaces, one per case. The one crate that talks to the kernel; never knows DNS or mail.
