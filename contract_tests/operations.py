"""The operations that the kit knows by name."""

REALTIME, MAP, VISITOR = "getRealtime", "getRealtimeMap", "getVisitor"
OVERVIEW, TIMESERIES, VISITORS = "getOverview", "getTimeseries", "listVisitors"
GOALS, GOAL_PROPERTIES, METADATA = "getGoals", "getGoalProperties", "getMetadata"
CREATE_GOAL, DELETE_GOALS = "createGoal", "deleteGoals"
CREATE_PAYMENT, DELETE_PAYMENTS = "createPayment", "deletePayments"
IDENTIFY = "identifyVisitor"
WRITES = (CREATE_GOAL, DELETE_GOALS, CREATE_PAYMENT, DELETE_PAYMENTS, IDENTIFY)
"""The operations that are requested with the run's own values only, never with the documented examples."""
