//! sip-gateway
