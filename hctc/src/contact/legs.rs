//! Orders to the gateway and news of its legs: the small things every user of legs needs.

use sip_gateway::live::{GatewayError, GatewayEvent};
use vocabulary::LegId;

/// An order was given. A gateway that is busy or stopping has told so; the leg then ends by its own
/// event, which is where its contact hears of it.
pub fn ordered(order: Result<(), GatewayError>) {
    if let Err(error) = order {
        tracing::warn!(%error, "an order to the gateway was not taken");
        metrics::counter!("gateway_orders_refused_total").increment(1);
    }
}

/// The leg an event is about.
pub fn of(event: &GatewayEvent) -> Option<LegId> {
    match event {
        GatewayEvent::Invited { leg, .. }
        | GatewayEvent::Ringing { leg }
        | GatewayEvent::Answered { leg }
        | GatewayEvent::MediaUp { leg }
        | GatewayEvent::Digit { leg, .. }
        | GatewayEvent::Played { leg, .. }
        | GatewayEvent::HoldChanged { leg, .. }
        | GatewayEvent::Ended { leg, .. }
        | GatewayEvent::MediaSilent { leg } => Some(*leg),
        GatewayEvent::Registered { .. } | GatewayEvent::Unregistered { .. } => None,
    }
}
