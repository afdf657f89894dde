package uapi

// IFLA_CAN_*: a CAN controller.
const (
	IFLA_CAN_BITTIMING               = 1
	IFLA_CAN_BITTIMING_CONST         = 2
	IFLA_CAN_CLOCK                   = 3
	IFLA_CAN_STATE                   = 4
	IFLA_CAN_CTRLMODE                = 5
	IFLA_CAN_RESTART_MS              = 6
	IFLA_CAN_RESTART                 = 7
	IFLA_CAN_BERR_COUNTER            = 8
	IFLA_CAN_DATA_BITTIMING          = 9
	IFLA_CAN_DATA_BITTIMING_CONST    = 10
	IFLA_CAN_TERMINATION             = 11
	IFLA_CAN_TERMINATION_CONST       = 12
	IFLA_CAN_BITRATE_CONST           = 13
	IFLA_CAN_DATA_BITRATE_CONST      = 14
	IFLA_CAN_BITRATE_MAX             = 15
	IFLA_CAN_TDC                     = 16
	IFLA_CAN_TDC_TDCV_MIN            = 1
	IFLA_CAN_TDC_TDCV_MAX            = 2
	IFLA_CAN_TDC_TDCO_MIN            = 3
	IFLA_CAN_TDC_TDCO_MAX            = 4
	IFLA_CAN_TDC_TDCF_MIN            = 5
	IFLA_CAN_TDC_TDCF_MAX            = 6
	IFLA_CAN_TDC_TDCV                = 7
	IFLA_CAN_TDC_TDCO                = 8
	IFLA_CAN_TDC_TDCF                = 9
	IFLA_CAN_CTRLMODE_EXT            = 17
	IFLA_CAN_CTRLMODE_SUPPORTED      = 1
	IFLA_CAN_XL_DATA_BITTIMING       = 18
	IFLA_CAN_XL_DATA_BITTIMING_CONST = 19
	IFLA_CAN_XL_DATA_BITRATE_CONST   = 20
	IFLA_CAN_XL_TDC                  = 21
	IFLA_CAN_XL_PWM                  = 22
	IFLA_CAN_PWM_PWMS_MIN            = 1
	IFLA_CAN_PWM_PWMS_MAX            = 2
	IFLA_CAN_PWM_PWML_MIN            = 3
	IFLA_CAN_PWM_PWML_MAX            = 4
	IFLA_CAN_PWM_PWMO_MIN            = 5
	IFLA_CAN_PWM_PWMO_MAX            = 6
	IFLA_CAN_PWM_PWMS                = 7
	IFLA_CAN_PWM_PWML                = 8
	IFLA_CAN_PWM_PWMO                = 9
)

// MTUs of CAN links (include/uapi/linux/can.h).
const (
	CAN_MTU       = 16
	CANFD_MTU     = 72
	CANXL_MIN_MTU = 76
	CANXL_MAX_MTU = 2060
)
