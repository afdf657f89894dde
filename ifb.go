package iplink

var ifbKind = kind{
	config:   "IFB",
	defaults: withoutARP + " txqueuelen 32",
}
