"""Indicators and what was measured."""

from evaluation.models.indicators import Indicator, IndicatorLevel, Measure, Measurement

__all__ = ["Indicator", "IndicatorLevel", "Measure", "Measurement"]
