"""How a candidate is made: windows in time, features, estimators, calibration, package."""
