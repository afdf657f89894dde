// Package batadvnl reads and changes meshes of batman-adv over the generic netlink family
// batadv. The rows of the settings are in tables of the callers.
package batadvnl
